-- CHAR loses its blanks at the end, in the rows event too.
create table gh_ost_test (
  k char(8) character set utf8mb4 collate utf8mb4_bin not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values ('', 'empty'), ('a', 'one'), ('a a', 'inner'), ('ééé', 'two bytes each'), ('12345678', 'full'), ('😀😀', 'faces');
