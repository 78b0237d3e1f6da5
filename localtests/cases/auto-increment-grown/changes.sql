insert into gh_ost_test (a) values (10), (11);
insert into gh_ost_test (id, a) values (null, 12);
delete from gh_ost_test where a = 12;
begin;
insert into gh_ost_test (a) values (13);
rollback;
