update gh_ost_test set n = 11 where k = 'a';
update gh_ost_test set k = 'c' where k = 'b';
update gh_ost_test set k = 'b' where k = 'c';
