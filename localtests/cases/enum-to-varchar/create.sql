create table gh_ost_test (
  id int not null primary key,
  e enum('it''s', 'a,b', 'unsigned', 'json', 'é', '') null,
  n varchar(10) not null
) engine=innodb;
insert into gh_ost_test values (1, 'it''s', 'x'), (2, 'a,b', 'y'), (3, 'unsigned', 'x'), (4, 'json', 'y'), (5, 'é', 'x'), (6, '', 'y'), (7, null, 'x');
