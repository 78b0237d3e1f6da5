create table "gh_ost_test" ("id" int not null primary key, "a" varchar(20) not null default 'd''q') engine=innodb;
insert into "gh_ost_test" values (1, '"'), (2, '`'), (3, '''');
