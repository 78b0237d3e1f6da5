update gh_ost_test set maybe = null where code = 3;
update gh_ost_test set maybe = 3 where code = 2;
update gh_ost_test set maybe = null where code = 2;
update gh_ost_test set maybe = 3 where code = 3;
insert into gh_ost_test values (null, 5, 'five');
delete from gh_ost_test where code = 5;
