insert into gh_ost_test values (3, 3);
update gh_ost_test set a = 1 where id = 1;
delete from gh_ost_test where id = 3;
