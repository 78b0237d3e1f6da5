update gh_ost_test set b = 'null' where a is null;
update gh_ost_test set b = null where a is null;
insert into gh_ost_test values (3, 'three');
delete from gh_ost_test where a = 3;
