insert into gh_ost_test values (5, '0000-00-00');
update gh_ost_test set v = '2025-00-01' where id = 4;
delete from gh_ost_test where id = 5;
