create table gh_ost_test (
  k varchar(20) collate utf8mb4_0900_bin not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  ('a', 'row 1'),
  ('A', 'row 2'),
  ('a ', 'row 3'),
  ('ä', 'row 4'),
  ('ａ', 'row 5'),
  ('😀', 'row 6'),
  ('', 'row 7');
