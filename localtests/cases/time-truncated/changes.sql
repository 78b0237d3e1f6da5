update gh_ost_test set d = '2024-02-01 11:59:59.999999' where id = 2;
