-- The mode pads what is read; what is stored is what counts. An ALTER in a session with this mode would store the blanks in a
-- VARCHAR, so that the oracle's session has it off.
create table gh_ost_test (k char(10) not null primary key, c char(10) not null, n int not null) engine=innodb;
insert into gh_ost_test values ('a', 'x', 1), ('b', '', 2), ('1234567890', '1234567890', 3);
