update gh_ost_test set a = 5 where id = 2;
update gh_ost_test set b = 'two', a = null where id = 2;
