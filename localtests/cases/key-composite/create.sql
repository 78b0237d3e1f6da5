create table gh_ost_test (
  payload varchar(20) not null,
  at datetime(3) not null,
  n int not null,
  code varchar(20) collate utf8mb4_0900_ai_ci not null,
  primary key (code, n, at)
) engine=innodb;
insert into gh_ost_test (code, n, at, payload) values
  ('a', 1, '2024-01-01 00:00:00.000', 'first'), ('A', 1, '2024-01-01 00:00:00.001', 'second'), ('á', 2, '2024-01-01', 'third'),
  ('b', -1, '2024-01-01', 'fourth'), ('b', 1, '9999-12-31 23:59:59.999', 'fifth'), ('', 0, '1000-01-01', 'sixth');
