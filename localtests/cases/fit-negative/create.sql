create table gh_ost_test (
  id int not null primary key,
  qty int not null
) engine=innodb;
insert into gh_ost_test values (1, 0), (2, 0), (3, 0);
