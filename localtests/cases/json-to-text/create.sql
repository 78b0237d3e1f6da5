create table gh_ost_test (id int not null primary key, j json not null, t text not null) engine=innodb;
insert into gh_ost_test values (1, '{"b": 1.0, "a": [1, 2.50]}', '{"b":  1.0, "b": 2}'), (2, '"é😀"', '[]'), (3, 'null', 'null');
