-- A PAD SPACE collation in another charset than the connection.
create table gh_ost_test (
  k varchar(20) character set latin1 collate latin1_swedish_ci not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  ('a', 'row 1'),
  ('b', 'row 2'),
  ('é', 'row 3'),
  ('ÿ', 'row 4'),
  ('x ', 'row 5'),
  ('€', 'row 6');
