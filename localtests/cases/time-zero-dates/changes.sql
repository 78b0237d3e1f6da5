set session sql_mode = '';
update gh_ost_test set d = '0000-00-00', dt = '2024-00-10' where id = 4;
update gh_ost_test set d = '2024-02-29', dt = '9999-12-31 23:59:59' where id = 4;
insert into gh_ost_test values (5, '0000-00-00', '2024-02-00', '0000-00-00');
delete from gh_ost_test where id = 5;
