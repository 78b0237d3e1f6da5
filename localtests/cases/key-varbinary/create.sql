-- Quote, backslash, zero and FF bytes, lengths that differ by blanks, half of a character.
create table gh_ost_test (
  k varbinary(20) not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  (x'', 'row 1'),
  (x'00', 'row 2'),
  (x'0000', 'row 3'),
  (x'27', 'row 4'),
  (x'5C', 'row 5'),
  (x'5C27', 'row 6'),
  (x'FF00FF', 'row 7'),
  (x'20', 'row 8'),
  (x'2020', 'row 9'),
  (x'F09F98', 'row 10');
