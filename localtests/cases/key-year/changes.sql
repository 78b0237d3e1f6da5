update gh_ost_test set payload = 'changed' where k in ('0000', 2155);
insert into gh_ost_test values (1902, 'new');
update gh_ost_test set k = 2154 where k = 1902;
delete from gh_ost_test where k = 2154;
