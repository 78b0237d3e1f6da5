-- Ordered by position, not by label.
create table gh_ost_test (
  k enum('z','a','m') not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  ('z', 'row 1'),
  ('a', 'row 2'),
  ('m', 'row 3');
