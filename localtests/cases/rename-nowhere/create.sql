-- The word in names, comments, defaults and labels: nothing is renamed here.
create table gh_ost_test (
  id int not null primary key,
  `change` varchar(30) default 'change a b int' comment 'change `change` to x',
  `rename` enum('rename column a to b', 'change') not null
) engine=innodb comment='rename to elsewhere';
insert into gh_ost_test values (1, 'change', 'change'), (2, null, 'rename column a to b');
