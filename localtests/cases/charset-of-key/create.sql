-- The key itself changes its charset and its collation.
create table gh_ost_test (
  code varchar(20) character set latin1 collate latin1_general_cs not null,
  n int not null,
  primary key (code)
) engine=innodb;
insert into gh_ost_test values ('a', 1), ('ä', 2), ('€', 3), ('z', 4), ('Ž', 5);
