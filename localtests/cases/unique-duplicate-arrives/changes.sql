update gh_ost_test set email = 'ann@example.org' where id = 1223;
