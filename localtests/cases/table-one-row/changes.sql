update gh_ost_test set id = 8 where id = 7;
update gh_ost_test set id = 7, a = a + 1 where id = 8;
