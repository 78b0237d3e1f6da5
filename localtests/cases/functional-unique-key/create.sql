-- A unique key on an expression says nothing about its columns alone.
create table gh_ost_test (
  id int not null primary key,
  a int not null,
  b int not null,
  name varchar(20) not null,
  unique key by_sum (a, (b + 1)),
  unique key by_name ((lower(name)))
) engine=innodb;
insert into gh_ost_test values (1, 1, 1, 'Ann'), (2, 1, 2, 'bob'), (3, 2, 1, 'CID'), (4, 2, 2, '');
