-- The server fills in the type's own zero, strict mode or not.
create table gh_ost_test (
  id int not null primary key,
  a int
) engine=innodb;
insert into gh_ost_test values (1, null), (2, 2);
