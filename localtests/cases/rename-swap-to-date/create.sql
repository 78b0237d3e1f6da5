-- Names change places, and the text becomes a date: it is judged as one.
create table gh_ost_test (id int not null primary key, a varchar(20), b date) engine=innodb;
insert into gh_ost_test values (1, '2024-02-31', '2024-01-01');
