update gh_ost_test set payload = 'changed' where k in (-8388608, -1);
insert into gh_ost_test values (-7, 'new');
update gh_ost_test set k = -8 where k = -7;
delete from gh_ost_test where k = -8;
