update gh_ost_test set dt = '2024-02-02' where id = 1;
update gh_ost_test set dt = '2022-12-31' where id = 1;
update gh_ost_test set dt = '2022-01-01' where id = 100;
update gh_ost_test set dt = dt + interval 1 day where id in (2, 3);
update gh_ost_test set dt = dt - interval 1 day where id in (2, 3);
delete from gh_ost_test where id = 4;
insert into gh_ost_test values (4, '2025-01-01', 'd again');
