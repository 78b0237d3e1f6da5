create table gh_ost_test (
  k mediumint unsigned not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  (0, 'row 1'),
  (8388607, 'row 2'),
  (8388608, 'row 3'),
  (16777215, 'row 4');
