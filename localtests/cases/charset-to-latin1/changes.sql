update gh_ost_test set name = '€€' where id = 1;
update gh_ost_test set name = '€' where id = 1;
