update gh_ost_test set payload = 'changed' where k in ('', 'ééé', '12345678');
update gh_ost_test set k = 'b' where k = 'a';
update gh_ost_test set k = 'a' where k = 'b';
delete from gh_ost_test where k = '😀😀';
insert into gh_ost_test values ('😀😀', 'back');
