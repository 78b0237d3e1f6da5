update gh_ost_test set qty = 127, name = '54321' where id = 1;
update gh_ost_test set d = 2.0049 where id = 2;
update gh_ost_test set qty = -128, name = '' where id = 1;
