-- The sign of a negative MEDIUMINT is easily lost in a rows event.
create table gh_ost_test (
  k mediumint not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  (-8388608, 'row 1'),
  (-1, 'row 2'),
  (0, 'row 3'),
  (8388607, 'row 4');
