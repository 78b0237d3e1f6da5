-- A constraint on a TIMESTAMP is judged in the server's zone.
create table gh_ost_test (id int not null primary key, ts timestamp not null) engine=innodb;
set session time_zone = '+00:00';
insert into gh_ost_test values (1, '2024-01-01 00:00:00');
