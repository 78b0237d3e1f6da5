create table gh_ost_test (id int not null primary key, a int) engine=innodb;
