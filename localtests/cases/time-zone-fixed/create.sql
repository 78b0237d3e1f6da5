create table gh_ost_test (
  id int not null primary key,
  ts timestamp(6) null,
  dt datetime(6) null,
  kept timestamp not null default current_timestamp on update current_timestamp,
  key (ts), key (dt)
) engine=innodb;

insert into gh_ost_test values
  (1, '1970-01-01 05:30:01', '1970-01-01 05:30:01', '2001-01-01 00:00:00'), (2, '2038-01-19 08:44:07.999999', '2038-01-19 08:44:07', '2001-01-01 00:00:00'),
  (3, '2024-02-29 12:00:00.000001', '2024-02-29 12:00:00.100000', '2001-01-01 00:00:00'), (4, null, null, '2001-01-01 00:00:00');
