create table gh_ost_test (id int not null auto_increment primary key) engine=innodb auto_increment=50;
insert into gh_ost_test values (1), (2);
