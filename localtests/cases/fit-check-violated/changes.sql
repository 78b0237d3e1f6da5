update gh_ost_test set qty = -5 where id = 2;
