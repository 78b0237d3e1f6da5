-- The same with a unique key: two moments that look alike in the server's zone are no duplicates. (The server's own ALTER, when it copies, reads them in the session's
-- zone and makes the second 01:30 the first; so the oracle's session is in UTC.)
create table gh_ost_test (
  id int not null primary key,
  ts timestamp(6) null,
  kept timestamp not null default current_timestamp on update current_timestamp,
  unique key (ts), key (kept)
) engine=innodb;
set session time_zone = '+00:00';
insert into gh_ost_test values
  (1, '2024-11-03 05:30:00', '2024-11-03 05:30:00'), (2, '2024-11-03 06:30:00', '2024-11-03 06:30:00'),
  (3, '2024-11-03 05:59:59.999999', '2024-07-01'), (4, '2024-11-03 06:00:00', '2024-12-01'), (5, null, '2024-11-03 06:59:59');
