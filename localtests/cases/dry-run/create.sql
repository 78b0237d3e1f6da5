-- Without --execute nothing happens, twice; then a run that is not told to remove leftovers finds none.
create table gh_ost_test (id int not null primary key, a int) engine=innodb;
insert into gh_ost_test values (1, 1), (2, 2);
