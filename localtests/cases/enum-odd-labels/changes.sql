update gh_ost_test set e = 3, s = 7 where id = 8;
update gh_ost_test set e = 8, s = 0 where id = 8;
