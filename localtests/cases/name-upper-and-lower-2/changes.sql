update `t` set a = 'changed' where id = 1;
insert into `t` values (4, 'four');
update `t` set id = 5 where id = 4;
delete from `t` where id = 5;
update `t` set a = 'one' where id = 1;
