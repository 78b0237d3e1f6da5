-- A CHAR that becomes a VARCHAR is stored with its blanks, as the server's own ALTER does in this mode.
create table gh_ost_test (id int not null primary key, c char(10) not null) engine=innodb;
insert into gh_ost_test values (1, 'x'), (2, ''), (3, '1234567890');
