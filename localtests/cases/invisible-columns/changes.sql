update gh_ost_test set hidden = 'changed' where id = 2;
update gh_ost_test set hidden = '' where id = 2;
insert into gh_ost_test values (4, 4);
delete from gh_ost_test where id = 4;
