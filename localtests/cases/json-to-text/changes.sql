update gh_ost_test set t = '[1.0]' where id = 2;
update gh_ost_test set t = '[]' where id = 2;
