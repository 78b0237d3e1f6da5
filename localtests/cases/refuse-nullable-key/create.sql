create table gh_ost_test (a int, b int, unique key by_a (a)) engine=innodb;
insert into gh_ost_test values (null, 1), (null, 2), (3, 3);
