update gh_ost_test set name = '漢' where id = 2;
