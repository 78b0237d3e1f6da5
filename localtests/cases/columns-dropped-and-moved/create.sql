create table gh_ost_test (id int not null primary key, a int, b varchar(10), c datetime, key ab (a, b)) engine=innodb;
insert into gh_ost_test values (1, 1, 'one', '2024-01-01'), (2, null, null, null);
