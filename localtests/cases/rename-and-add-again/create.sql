create table gh_ost_test (
  id int not null primary key,
  a varchar(20) not null default 'default a',
  b varchar(20) default 'default b',
  c int not null default 5
) engine=innodb;
insert into gh_ost_test values (1, 'a one', 'b one', 1), (2, '', null, -1), (3, 'a three', '', 0);
