update gh_ost_test set a = 'a\b' where k = x'5C';
update gh_ost_test set k = x'5C5C' where k = x'5C27';
update gh_ost_test set k = x'5C27' where k = x'5C5C';
