update `_gh_ost_test_gho` set a = 'changed' where id = 1;
insert into `_gh_ost_test_gho` values (4, 'four');
update `_gh_ost_test_gho` set id = 5 where id = 4;
delete from `_gh_ost_test_gho` where id = 5;
update `_gh_ost_test_gho` set a = 'one' where id = 1;
