update `größe_表_ы` set a = 'changed' where id = 1;
insert into `größe_表_ы` values (4, 'four');
update `größe_表_ы` set id = 5 where id = 4;
delete from `größe_表_ы` where id = 5;
update `größe_表_ы` set a = 'one' where id = 1;
