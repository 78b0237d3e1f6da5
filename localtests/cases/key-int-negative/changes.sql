update gh_ost_test set payload = 'changed' where k = -2147483648;
update gh_ost_test set k = -2147483647 where k = -1;
delete from gh_ost_test where k = -2147483647;
insert into gh_ost_test values (-1, 'back');
replace into gh_ost_test values (2147483647, 'replaced');
