update gh_ost_test set payload = 'changed' where k = 255;
insert into gh_ost_test values (254, 'new');
delete from gh_ost_test where k = 254;
