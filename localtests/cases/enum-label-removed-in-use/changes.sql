update gh_ost_test set e = 'b' where id = 1;
