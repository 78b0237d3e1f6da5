-- The zero bytes at the end are missing in a rows event.
create table gh_ost_test (
  k binary(16) not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values
  (x'00000000000000000000000000000000', 'row 1'),
  (x'0102030405060708090A0B0C0D0E0F00', 'row 2'),
  (x'0102030405060708090A0B0C0D0E0000', 'row 3'),
  (x'6100000000000000000000000000000A', 'row 4'),
  (x'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF', 'row 5');
