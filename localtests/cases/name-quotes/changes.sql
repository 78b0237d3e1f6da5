update `it``s "o'dd"` set a = 'changed' where id = 1;
insert into `it``s "o'dd"` values (4, 'four');
update `it``s "o'dd"` set id = 5 where id = 4;
delete from `it``s "o'dd"` where id = 5;
update `it``s "o'dd"` set a = 'one' where id = 1;
