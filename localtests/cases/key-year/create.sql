-- 0000 is stored as 0, 1901 as 1.
create table gh_ost_test (
  k year not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  ('0000', 'row 1'),
  (1901, 'row 2'),
  (1970, 'row 3'),
  (2000, 'row 4'),
  (2155, 'row 5');
