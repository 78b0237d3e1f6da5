set session sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
update gh_ost_test set a = 7 where id = 0;
delete from gh_ost_test where id = 0;
insert into gh_ost_test values (0, 8);
update gh_ost_test set id = 3 where id = 0;
update gh_ost_test set id = 0 where id = 3;
