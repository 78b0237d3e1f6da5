update gh_ost_test set a = 5 where id = 1;
update gh_ost_test set a = 1 where id = 1;
update gh_ost_test set p = 7 where id = 3;
