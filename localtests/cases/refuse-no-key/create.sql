create table gh_ost_test (a int, b int, key (a)) engine=innodb;
insert into gh_ost_test values (1, 1), (1, 1);
