create table gh_ost_test (
  k set('d','c','b','a') not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  ('', 'row 1'),
  ('d', 'row 2'),
  ('c', 'row 3'),
  ('d,c', 'row 4'),
  ('a', 'row 5'),
  ('d,c,b,a', 'row 6');
