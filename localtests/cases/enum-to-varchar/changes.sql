update gh_ost_test set e = 'json' where id = 7;
update gh_ost_test set e = null where id = 7;
