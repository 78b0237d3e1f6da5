create table gh_ost_test (
  id int not null primary key,
  b binary(4) not null, v varbinary(10) not null, t tinyblob, l longblob, c char(4) not null
) engine=innodb;
insert into gh_ost_test values
  (1, 'a', 'a', x'00', x'000102FF', 'a'), (2, x'61000000', x'6100', x'5C', repeat(x'5C27', 40000), ''), (3, '', '', '', '', 'abcd'), (4, x'FFFFFFFF', x'FF20', null, null, 'a b');
