create table gh_ost_test (
  k int not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
set session sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
insert into gh_ost_test values
  (-2147483648, 'row 1'),
  (-1, 'row 2'),
  (0, 'row 3'),
  (1, 'row 4'),
  (2147483647, 'row 5');
