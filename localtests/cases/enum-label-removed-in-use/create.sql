create table gh_ost_test (id int not null primary key, e enum('a', 'b', 'c') not null) engine=innodb;
insert into gh_ost_test values (1, 'a'), (2, 'c');
