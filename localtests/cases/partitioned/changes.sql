update gh_ost_test set region = 'ny' where id = 10;
update gh_ost_test set region = 'de' where id = 10;
delete from gh_ost_test where id = 20;
insert into gh_ost_test values (20, 'fr', 'back');
