replace into gh_ost_test values (1, 1), (2, 2), (-3, 3);
update gh_ost_test set a = 3 where id = 2;
