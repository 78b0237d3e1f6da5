update gh_ost_test set "a" = '"changed"' where id = 1;
update gh_ost_test set "a" = '"' where id = 1;
