update gh_ost_test set f = 0.3, d = 0.3, dc = 0.3 where id = 3;
update gh_ost_test set f = -2.5, d = -2.5, dc = 2.5 where id = 3;
