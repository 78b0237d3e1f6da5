create table gh_ost_test (
  id int not null primary key,
  name varchar(20) not null
) engine=innodb;
insert into gh_ost_test values (1, 'short'), (2, 'short'), (3, 'short');
