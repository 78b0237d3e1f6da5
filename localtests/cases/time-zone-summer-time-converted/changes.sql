set session time_zone = '+00:00';
update gh_ost_test set dt = '2024-11-03 01:15:00', ts = '2024-11-03 06:15:00' where id = 1;
update gh_ost_test set dt = '2024-11-03 01:30:00', ts = '2024-11-03 05:30:00' where id = 1;
insert into gh_ost_test values (5, '2024-11-03 06:45:00', '2024-11-03 01:45:00');
delete from gh_ost_test where id = 5;
