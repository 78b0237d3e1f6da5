create table gh_ost_test (
  id int not null primary key,
  f float not null, d double not null, dc decimal(20,10) not null, i bigint unsigned not null, b bit(16) not null
) engine=innodb;
insert into gh_ost_test values (1, 16777217, 0.1, 1.0000000005, 18446744073709551615, x'0041'), (2, 0.1234567, 1e15, -0.5, 0, x'FFFF'), (3, -2.5, -2.5, 2.5, 1, x'0000');
