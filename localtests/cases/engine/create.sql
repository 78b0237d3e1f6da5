-- No arguments at all: gh-ost's default, ENGINE=InnoDB, which builds the table anew.
create table gh_ost_test (id int not null auto_increment primary key, a int, key (a)) engine=innodb;
insert into gh_ost_test (a) values (1), (null), (3);
