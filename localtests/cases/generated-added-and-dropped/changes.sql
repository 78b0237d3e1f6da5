update gh_ost_test set a = 5 where id = 1;
insert into gh_ost_test (id, a) values (4, 4);
update gh_ost_test set a = 1 where id = 1;
delete from gh_ost_test where id = 4;
