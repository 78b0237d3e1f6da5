create table gh_ost_test (
  k bit(40) not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  (b'0', 'row 1'),
  (b'1', 'row 2'),
  (x'00FF00FF00', 'row 3'),
  (x'FFFFFFFFFF', 'row 4');
