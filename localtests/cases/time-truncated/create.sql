-- A mode of the server decides what a fraction becomes.
create table gh_ost_test (id int not null primary key, d datetime(6), t time(6), s timestamp(6) null) engine=innodb;
insert into gh_ost_test values (1, '2024-01-01 23:59:59.999999', '10:59:59.999999', '2024-01-01 23:59:59.999999'), (2, '2024-01-01 00:00:00.5', '00:00:00.5', null);
