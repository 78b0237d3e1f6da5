create table gh_ost_test (
  id int not null primary key,
  e enum('one', 'two', 'three') not null,
  s set('x', 'y', 'z') not null
) engine=innodb;
insert into gh_ost_test values (1, 'one', 'x'), (2, 'two', 'x,z'), (3, 'three', ''), (4, 'one', 'x,y,z');
