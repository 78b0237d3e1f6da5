create table gh_ost_test (
  id int not null primary key,
  name varchar(50) not null
) engine=innodb;
insert into gh_ost_test values (1, 'anna'), (2, 'annabel'), (3, 'bert');
