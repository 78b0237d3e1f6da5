-- A command line as gh-ost's users have it, through a link of that name.
create table gh_ost_test (id int not null primary key, a int) engine=innodb;
insert into gh_ost_test values (1, 1), (2, 2);
