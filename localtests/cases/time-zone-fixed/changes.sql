update gh_ost_test set ts = '2024-06-01 00:00:00', kept = '2002-02-02 02:02:02' where id = 4;
update gh_ost_test set ts = null, kept = '2001-01-01 00:00:00' where id = 4;
