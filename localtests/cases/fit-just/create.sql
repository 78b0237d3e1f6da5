-- The same changes with values that just fit.
create table gh_ost_test (
  id int not null primary key,
  qty int not null,
  name varchar(20) not null,
  num varchar(20) not null,
  d decimal(10,4) not null,
  constraint qty_is_small check (qty < 1000)
) engine=innodb;
insert into gh_ost_test values (1, -128, '', '-2147483648', 99999.9949), (2, 127, '12345', '2147483647', -1.0050), (3, 0, 'äöü😀x', '0012', 0);
