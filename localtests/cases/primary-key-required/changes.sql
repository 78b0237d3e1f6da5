begin;
update gh_ost_test set u = 10 where id = 1;
update gh_ost_test set u = 1 where id = 2;
update gh_ost_test set u = 2 where id = 1;
commit;
