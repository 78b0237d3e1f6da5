-- Columns that change between TIMESTAMP and DATETIME do so in the server's zone.
create table gh_ost_test (
  id int not null primary key,
  ts timestamp(6) null,
  dt datetime(6) null
) engine=innodb;
set session time_zone = '+00:00';
insert into gh_ost_test values
  (1, '2024-11-03 05:30:00', '2024-11-03 01:30:00'), (2, '2024-11-03 06:30:00', '2024-11-03 01:59:59.999999'),
  (3, '2024-11-03 05:59:59.999999', '2024-11-03 00:59:59.999999'), (4, '2024-11-03 06:00:00', '2024-11-03 02:00:00');
