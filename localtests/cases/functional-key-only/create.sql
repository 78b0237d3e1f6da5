-- The only unique key is on an expression: no key at all for us.
create table gh_ost_test (a int not null, b int not null, unique key (a, ((b + 1)))) engine=innodb;
insert into gh_ost_test values (1, 1), (1, 2);
