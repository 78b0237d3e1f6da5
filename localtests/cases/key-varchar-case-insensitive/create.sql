-- The key changes, and to the server it is still the same key.
create table gh_ost_test (
  k varchar(20) collate utf8mb4_0900_ai_ci not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  ('a', 'row 1'),
  ('B', 'row 2'),
  ('c', 'row 3'),
  ('é', 'row 4'),
  ('straße', 'row 5'),
  ('x', 'row 6'),
  ('Ω', 'row 7'),
  ('😀', 'row 8');
