-- The other direction: what was one key may become many.
create table gh_ost_test (
  code varchar(20) character set utf8mb4 collate utf8mb4_0900_ai_ci not null,
  n int not null,
  primary key (code),
  unique key by_n (n)
) engine=innodb;
insert into gh_ost_test values ('a', 1), ('B', 2), ('straße', 3), ('é', 4), ('z', 5);
