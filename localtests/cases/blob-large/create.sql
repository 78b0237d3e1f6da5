-- Rows of 40 MB, with a packet of 64 MB: two of them do not fit into one of anything.
create table gh_ost_test (id int not null primary key, l longblob not null) engine=innodb;
insert into gh_ost_test values (1, repeat(random_bytes(1024), 40960)), (2, repeat(random_bytes(1024), 40960)), (3, 'small');
