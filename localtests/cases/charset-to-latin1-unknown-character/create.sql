create table gh_ost_test (id int not null primary key, name varchar(40) character set utf8mb4 not null) engine=innodb;
insert into gh_ost_test values (1, '€'), (2, 'x'), (3, '');
