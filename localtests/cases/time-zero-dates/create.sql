-- Zero and partial dates from lenient times, in columns that the ALTER does not touch; the server is strict now. Its own ALTER
-- keeps them in place but fails when it copies, so that the oracle is lenient here.
set session sql_mode = 'ALLOW_INVALID_DATES';
create table gh_ost_test (
  id int not null primary key,
  d date not null,
  dt datetime not null,
  ts timestamp not null
) engine=innodb;
insert into gh_ost_test values
  (1, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00'), (2, '2024-00-00', '2024-01-00 00:00:00', '2024-01-01 00:00:00'),
  (3, '2024-02-31', '2024-02-31 01:02:03', '2024-01-01 00:00:00'), (4, '2024-02-29', '9999-12-31 23:59:59', '2024-01-01 00:00:00');
