-- Clauses that SQL grammars outside the server may not know.
create table gh_ost_test (id int not null primary key, a int, b varchar(20)) engine=innodb;
insert into gh_ost_test values (1, 1, 'x'), (2, 2, 'y');
