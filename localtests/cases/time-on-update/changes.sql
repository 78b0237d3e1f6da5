update gh_ost_test set a = a + 1, seen = '2003-03-03 03:03:03', noted = '2003-03-03' where id = 2;
insert into gh_ost_test values (3, 3, '2004-04-04 04:04:04', null);
delete from gh_ost_test where id = 3;
