update gh_ost_test set doc = '{broken' where id = 2;
