update gh_ost_test set payload = 'changed' where k = 99999999999999999999999999999999;
update gh_ost_test set k = 18446744073709551617 where k = 18446744073709551616;
update gh_ost_test set k = 18446744073709551616 where k = 18446744073709551617;
delete from gh_ost_test where k = -1;
insert into gh_ost_test values (-1, 'back');
