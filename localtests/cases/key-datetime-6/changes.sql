update gh_ost_test set payload = 'changed' where k = '2024-03-31 01:30:00.000001';
update gh_ost_test set k = '2024-03-31 01:30:00.000002' where k = '2024-03-31 01:30:00.000001';
update gh_ost_test set k = '2024-03-31 01:30:00.000001' where k = '2024-03-31 01:30:00.000002';
delete from gh_ost_test where k = '9999-12-31 23:59:59.999999';
insert into gh_ost_test values ('9999-12-31 23:59:59.999999', 'back');
