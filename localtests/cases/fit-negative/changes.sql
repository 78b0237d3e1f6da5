update gh_ost_test set qty = -1 where id = 2;
