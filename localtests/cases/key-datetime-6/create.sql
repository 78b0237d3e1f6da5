create table gh_ost_test (
  k datetime(6) not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  ('1000-01-01 00:00:00.000000', 'row 1'),
  ('2024-03-31 01:30:00.000001', 'row 2'),
  ('2024-03-31 01:30:00.100000', 'row 3'),
  ('9999-12-31 23:59:59.999999', 'row 4');
