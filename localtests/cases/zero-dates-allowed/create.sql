-- The server forbids them; the ALTER makes them, as a default and of texts.
create table gh_ost_test (id int not null primary key, v varchar(20) not null) engine=innodb;
insert into gh_ost_test values (1, '0000-00-00'), (2, '2024-00-00'), (3, '2024-02-00'), (4, '2024-02-29');
