create table gh_ost_test (k varbinary(20) not null primary key, a varchar(20) not null) engine=innodb;
insert into gh_ost_test values (x'5C', 'x\y'), (x'5C27', 'C:\new\t'), (x'27', 'it''s'), ('%\_', 'like');
