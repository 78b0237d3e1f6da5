set session time_zone = '+00:00';
update gh_ost_test set payload = 'changed' where k = '1970-01-01 00:00:01.001';
insert into gh_ost_test values ('2001-02-03 04:05:06.070', 'new');
update gh_ost_test set k = '2001-02-03 04:05:06.007' where k = '2001-02-03 04:05:06.070';
delete from gh_ost_test where k = '2001-02-03 04:05:06.007';
