create table gh_ost_test (code varchar(10) not null primary key) engine=innodb;
insert into gh_ost_test values ('c'), ('a'), ('b');
