create table gh_ost_test (
  id int not null primary key,
  num varchar(20) not null
) engine=innodb;
insert into gh_ost_test values (1, '12'), (2, '12'), (3, '12');
