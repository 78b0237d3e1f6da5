-- A negative TIME with a fraction is the hardest temporal value to decode.
create table gh_ost_test (
  k time(3) not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  ('-838:59:59.000', 'row 1'),
  ('-00:00:01.500', 'row 2'),
  ('-00:00:00.001', 'row 3'),
  ('00:00:00.000', 'row 4'),
  ('00:00:00.100', 'row 5'),
  ('838:59:59.000', 'row 6');
