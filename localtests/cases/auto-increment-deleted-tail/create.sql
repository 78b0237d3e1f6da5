-- Ids above the highest row were given out once; they must not be given out again.
create table gh_ost_test (id int not null auto_increment, a int not null, primary key (id)) engine=innodb;
insert into gh_ost_test (a) values (1), (2), (3), (4), (5);
delete from gh_ost_test where id > 2;
