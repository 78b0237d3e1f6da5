create table gh_ost_test (id int not null primary key, a int) engine=innodb;
insert into gh_ost_test values (1, 1), (2, 2);
create trigger count_them before insert on gh_ost_test for each row set new.a = 1;
