update gh_ost_test set n = 22 where n = 2;
update gh_ost_test set n = 2 where n = 22;
update gh_ost_test set at = at + interval 1 hour where n = 3;
update gh_ost_test set at = at - interval 1 hour where n = 3;
delete from gh_ost_test where n = 4;
insert into gh_ost_test values ('2038-01-19 08:44:07', 4);
