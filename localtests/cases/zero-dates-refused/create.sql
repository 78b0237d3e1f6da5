create table gh_ost_test (id int not null primary key) engine=innodb;
insert into gh_ost_test values (1);
