create table gh_ost_test (
  k tinyint unsigned not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  (0, 'row 1'),
  (127, 'row 2'),
  (128, 'row 3'),
  (255, 'row 4');
