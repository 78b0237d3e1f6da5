update gh_ost_test set num = 'abc' where id = 2;
