set names utf8mb4;
update gh_ost_test set c_gbk = '世界', c_sjis = 'ソ', c_utf32 = '🙂' where id = 2;
update gh_ost_test set c_gbk = '', c_sjis = '', c_utf32 = '' where id = 2;
insert into gh_ost_test (id, c_cp1251, c_big5) values (4, 'ещё', '世界');
delete from gh_ost_test where id = 4;
