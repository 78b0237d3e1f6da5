update gh_ost_test set b = b - 1000 where a between 100 and 110;
update gh_ost_test set b = b + 1000 where a between 100 and 110;
delete from gh_ost_test where a = 1;
insert into gh_ost_test values (1, -1);
