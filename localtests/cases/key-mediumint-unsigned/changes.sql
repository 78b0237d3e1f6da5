update gh_ost_test set payload = 'changed' where k >= 8388608;
insert into gh_ost_test values (16777214, 'new');
delete from gh_ost_test where k = 16777214;
