update `orders_of_a_shop_whose_tables_have_names_as_long_as_they_may_bea` set a = 'changed' where id = 1;
insert into `orders_of_a_shop_whose_tables_have_names_as_long_as_they_may_bea` values (4, 'four');
update `orders_of_a_shop_whose_tables_have_names_as_long_as_they_may_bea` set id = 5 where id = 4;
delete from `orders_of_a_shop_whose_tables_have_names_as_long_as_they_may_bea` where id = 5;
update `orders_of_a_shop_whose_tables_have_names_as_long_as_they_may_bea` set a = 'one' where id = 1;
