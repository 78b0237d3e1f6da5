create table gh_ost_test (
  k decimal(10,3) not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  (-9999999.999, 'row 1'),
  (-0.001, 'row 2'),
  (0.000, 'row 3'),
  (0.001, 'row 4'),
  (0.1, 'row 5'),
  (9999999.999, 'row 6');
