update `a b%c_d.e` set a = 'changed' where id = 1;
insert into `a b%c_d.e` values (4, 'four');
update `a b%c_d.e` set id = 5 where id = 4;
delete from `a b%c_d.e` where id = 5;
update `a b%c_d.e` set a = 'one' where id = 1;
