update gh_ost_test set qty = 300 where id = 2;
