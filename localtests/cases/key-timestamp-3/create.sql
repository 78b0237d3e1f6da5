create table gh_ost_test (
  k timestamp(3) not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
set session time_zone = '+00:00';
insert into gh_ost_test values
  ('1970-01-01 00:00:01.001', 'row 1'),
  ('2024-10-27 01:30:00.500', 'row 2'),
  ('2038-01-19 03:14:07.999', 'row 3');
