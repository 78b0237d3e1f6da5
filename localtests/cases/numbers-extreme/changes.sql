update gh_ost_test set f = 0.7654321, d = 1e-300 where id = 4;
update gh_ost_test set f = 1.17549435e-38, d = -0e0 where id = 4;
update gh_ost_test set d = 0e0 where id = 4;
