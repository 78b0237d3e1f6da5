-- A copied row was not updated: its columns with ON UPDATE CURRENT_TIMESTAMP stay as they are.
create table gh_ost_test (
  id int not null primary key,
  a int not null,
  seen timestamp(6) not null default current_timestamp(6) on update current_timestamp(6),
  noted datetime default current_timestamp on update current_timestamp
) engine=innodb;
insert into gh_ost_test values (1, 1, '2001-01-01 01:01:01.000001', '2001-01-01 01:01:01'), (2, 2, '2002-02-02 02:02:02', null);
