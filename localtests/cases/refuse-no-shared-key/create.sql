-- After the ALTER no unique key is left that both tables have.
create table gh_ost_test (
  id int not null primary key,
  a int not null
) engine=innodb;
insert into gh_ost_test values (1, 1), (2, 2);
