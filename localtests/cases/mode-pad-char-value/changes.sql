update gh_ost_test set c = 'y' where id = 2;
update gh_ost_test set c = '' where id = 2;
