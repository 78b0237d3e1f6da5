create table gh_ost_test (id int not null primary key, b varbinary(40) not null, l blob) engine=innodb;
insert into gh_ost_test values (1, x'C3A4', x'F09F9880'), (2, '', null), (3, 'plain', 'plain');
