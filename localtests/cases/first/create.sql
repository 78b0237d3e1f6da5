create table gh_ost_test (id int primary key, a int) engine=innodb; insert into gh_ost_test values (1,2);
