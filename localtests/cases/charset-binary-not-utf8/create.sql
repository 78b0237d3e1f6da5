-- Bytes that are no UTF-8.
create table gh_ost_test (id int not null primary key, b varbinary(40) not null) engine=innodb;
insert into gh_ost_test values (1, 'plain'), (2, x'FF61');
