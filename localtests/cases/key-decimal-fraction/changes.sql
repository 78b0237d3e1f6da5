update gh_ost_test set payload = 'changed' where k = 0.1;
update gh_ost_test set k = k + 0.001 where k = 0.001;
update gh_ost_test set k = k - 0.001 where k = 0.002;
delete from gh_ost_test where k = -0.001;
insert into gh_ost_test values (-0.001, 'back');
