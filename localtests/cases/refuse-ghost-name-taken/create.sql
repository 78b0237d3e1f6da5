-- Not ours, so not dropped, whatever flags say.
create table gh_ost_test (id int not null primary key, a int) engine=innodb;
insert into gh_ost_test values (1, 1), (2, 2);
create table _gh_ost_test_gho (id int not null primary key, precious text);
insert into _gh_ost_test_gho values (1, 'keep me');
