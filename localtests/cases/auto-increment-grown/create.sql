create table gh_ost_test (id int not null auto_increment, a int not null, primary key (id)) engine=innodb;
insert into gh_ost_test (a) values (1), (2), (3);
