create table gh_ost_test (
  id int not null primary key,
  a int not null,
  v int as (a * 2) virtual,
  s varchar(20) as (concat('s', a)) stored not null,
  b int not null,
  unique key by_v (v),
  unique key by_s (s)
) engine=innodb;
insert into gh_ost_test (id, a, b) values (1, 1, 1), (2, 2, 1), (3, -3, 0), (4, 2147483, 4);
