update gh_ost_test set name = '8 chars!' where id = 2;
