-- What an expression makes of an impossible date is an error, as it is in the server's own ALTER.
create table gh_ost_test (id int not null primary key, s varchar(20)) engine=innodb;
insert into gh_ost_test values (1, '2024-02-28'), (2, '2024-02-31');
