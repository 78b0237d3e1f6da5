create table gh_ost_test (
  id int not null primary key,
  a int not null,
  hidden varchar(20) not null default 'h' invisible,
  hidden_sum int as (a + 1) stored invisible
) engine=innodb;
insert into gh_ost_test (id, a, hidden) values (1, 1, 'one'), (2, 2, ''), (3, 3, 'three');
