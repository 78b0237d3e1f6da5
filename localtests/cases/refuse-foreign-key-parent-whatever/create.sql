create table gh_ost_test (id int not null primary key, a int) engine=innodb;
insert into gh_ost_test values (1, 1), (2, 2);
create table kid (id int not null primary key, p int, constraint fk_from_kid foreign key (p) references gh_ost_test (id)) engine=innodb;
insert into kid values (1, 1);
