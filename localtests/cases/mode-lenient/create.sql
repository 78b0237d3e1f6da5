-- A server without strict mode: the ALTER cuts values that do not fit, with warnings. So be it, or a refusal.
create table gh_ost_test (id int not null primary key, name varchar(20) not null, qty int) engine=innodb;
insert into gh_ost_test values (1, 'short', 1), (2, 'far too long', 300), (3, '', null);
