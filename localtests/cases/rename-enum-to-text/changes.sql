update gh_ost_test set e = 'b' where id = 1;
update gh_ost_test set e = 'a' where id = 1;
