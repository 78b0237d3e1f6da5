update `T` set a = 'changed' where id = 1;
insert into `T` values (4, 'four');
update `T` set id = 5 where id = 4;
delete from `T` where id = 5;
update `T` set a = 'one' where id = 1;
