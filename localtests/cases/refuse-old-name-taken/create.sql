create table gh_ost_test (id int not null primary key, a int) engine=innodb;
insert into gh_ost_test values (1, 1), (2, 2);
create table _gh_ost_test_del (id int not null primary key, precious text);
insert into _gh_ost_test_del values (1, 'keep me');
