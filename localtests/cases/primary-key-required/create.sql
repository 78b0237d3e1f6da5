-- Servers that demand a primary key demand it of temporary tables as well.
create table gh_ost_test (id int not null primary key, u int not null, unique key by_u (u)) engine=innodb;
insert into gh_ost_test values (1, 1), (2, 2), (3, 3);
