begin;
update gh_ost_test set a = 99 where id = 1;
update gh_ost_test set a = 1 where id = 2;
update gh_ost_test set a = 2 where id = 1;
commit;
update gh_ost_test set b = b + 1 where id = 3;
insert into gh_ost_test (id, a, b) values (5, 5, 5);
delete from gh_ost_test where id = 5;
