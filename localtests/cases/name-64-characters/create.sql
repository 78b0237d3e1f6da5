-- Two tables whose names differ in the last of 64 characters: names made from them must not meet.
create table `orders_of_a_shop_whose_tables_have_names_as_long_as_they_may_bea` (
  id int not null primary key,
  a varchar(20) not null
) engine=innodb;
insert into `orders_of_a_shop_whose_tables_have_names_as_long_as_they_may_bea` values (1, 'one'), (2, 'two'), (3, 'three');
create table `orders_of_a_shop_whose_tables_have_names_as_long_as_they_may_beb` (id int not null primary key, b int);
insert into `orders_of_a_shop_whose_tables_have_names_as_long_as_they_may_beb` values (1, 10), (2, 20);
