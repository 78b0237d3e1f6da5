update gh_ost_test set dt = '2024-02-28 23:59:59.9995' where id = 2;
update gh_ost_test set dt = '2024-01-01 00:00:00.000001' where id = 2;
