insert into gh_ost_test values (1, 1), (2, 2);
update gh_ost_test set a = 3 where id = 2;
delete from gh_ost_test where id = 1;
delete from gh_ost_test where id = 2;
