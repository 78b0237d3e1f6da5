create table gh_ost_test (
  k decimal(32,0) not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  (-99999999999999999999999999999999, 'row 1'),
  (-1, 'row 2'),
  (0, 'row 3'),
  (18446744073709551616, 'row 4'),
  (99999999999999999999999999999999, 'row 5');
