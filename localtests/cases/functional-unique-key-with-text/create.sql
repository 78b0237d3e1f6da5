-- The catalog shows the expression with escaped quotes.
create table gh_ost_test (id int not null primary key, name varchar(20) not null, unique key by_name ((concat(name, '-it''s')))) engine=innodb;
insert into gh_ost_test values (1, 'a'), (2, 'b'), (3, 'c');
