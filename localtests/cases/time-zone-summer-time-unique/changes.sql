set session time_zone = '+00:00';
update gh_ost_test set kept = '2024-11-03 06:15:00' where id = 1;
update gh_ost_test set kept = '2024-11-03 05:30:00' where id = 1;
insert into gh_ost_test values (6, '2024-11-03 06:45:00', '2024-11-03 06:45:00');
delete from gh_ost_test where id = 6;
