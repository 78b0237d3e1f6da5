create table gh_ost_test (
  id int not null primary key,
  f float, d double, fd float(7,4), du double unsigned, dc decimal(65,30), z int(8) zerofill, b64 bit(64), b1 bit(1), y year
) engine=innodb;
insert into gh_ost_test values
  (1, 16777217, 0.1e0, 0.1234, 0, 0.000000000000000000000000000001, 1, b'0', b'0', '0000'),
  (2, 0.1234567, 0.30000000000000004, 999.9999, 1e308, 99999999999999999999999999999999999.999999999999999999999999999999, 12345678, x'FFFFFFFFFFFFFFFF', b'1', 1901),
  (3, 3.402823466e+38, 1.7976931348623157e308, -0.0001, 2.2250738585072014e-308, -1, 0, x'8000000000000000', null, 2155),
  (4, 1.17549435e-38, -0e0, null, null, null, null, null, null, null),
  (5, -1.4e-45, 4.9e-324, 0, 5e-324, 0, 99, x'5C27', b'1', 2000);
