update gh_ost_test set name = null where id = 2;
