create table gh_ost_test (
  id int not null primary key,
  a int not null,
  v int as (a * 2) virtual,
  s int as (a * 3) stored
) engine=innodb;
insert into gh_ost_test (id, a) values (1, 1), (2, 20), (3, -3);
