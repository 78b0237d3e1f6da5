-- A CHAR that becomes a VARCHAR is stored with its blanks in this mode, and a CHAR key is read padded.
create table gh_ost_test (k char(10) not null primary key, c char(10) not null, n int not null) engine=innodb;
insert into gh_ost_test values ('a', 'x', 1), ('b', '', 2), ('1234567890', '1234567890', 3);
