update gh_ost_test set name = x'E282AC' where id = 1;
update gh_ost_test set name = x'C3A4C3B6' where id = 1;
