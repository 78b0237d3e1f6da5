-- Above 2^63 a signed reading of the key goes wrong.
create table gh_ost_test (
  k bigint unsigned not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  (0, 'row 1'),
  (1, 'row 2'),
  (9223372036854775807, 'row 3'),
  (9223372036854775808, 'row 4'),
  (18446744073709551614, 'row 5'),
  (18446744073709551615, 'row 6');
