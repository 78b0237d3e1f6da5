-- Fewer digits: rounded, and the last moment of a year becomes the first of the next.
create table gh_ost_test (
  id int not null primary key,
  dt datetime(6) not null,
  tm time(6) not null,
  ts timestamp(6) not null,
  wide datetime not null
) engine=innodb;
set session time_zone = '+00:00';
insert into gh_ost_test values
  (1, '2023-12-31 23:59:59.999999', '23:59:59.999999', '2023-12-31 23:59:59.999999', '2023-12-31 23:59:59'),
  (2, '2024-01-01 00:00:00.000001', '-00:00:00.000499', '2024-01-01 00:00:00.000500', '2024-01-01 00:00:00'),
  (3, '2024-01-01 00:00:00.100000', '-838:59:58.999499', '2024-01-01 00:00:00.100000', '1000-01-01 00:00:00');
