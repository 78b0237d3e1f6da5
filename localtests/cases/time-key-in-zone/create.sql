-- A TIMESTAMP key on a server that is not in UTC.
create table gh_ost_test (
  at timestamp(6) not null,
  n int not null,
  primary key (at)
) engine=innodb;
insert into gh_ost_test values ('1970-01-01 05:30:01', 1), ('2024-01-01 00:00:00.000001', 2), ('2024-01-01 05:29:59.999999', 3), ('2038-01-19 08:44:07', 4);
