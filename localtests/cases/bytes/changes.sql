update gh_ost_test set b = 'b', v = x'00' where id = 3;
update gh_ost_test set b = '', v = '' where id = 3;
