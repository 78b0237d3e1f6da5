update gh_ost_test set v = to_vector('[9,9,9]') where id = 2;
update gh_ost_test set v = null where id = 2;
