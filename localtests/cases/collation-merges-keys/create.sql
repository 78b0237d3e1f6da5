-- Different under the old collation, the same under the new one.
create table gh_ost_test (
  code varchar(20) character set utf8mb4 collate utf8mb4_bin not null,
  n int not null,
  primary key (code)
) engine=innodb;
insert into gh_ost_test values ('a', 1), ('A', 2), ('ß', 3), ('ss', 4), ('b', 5);
