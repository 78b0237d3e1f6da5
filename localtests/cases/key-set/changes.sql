update gh_ost_test set payload = 'changed' where k = 'd,c,b,a';
insert into gh_ost_test values ('b,a', 'new');
update gh_ost_test set k = 'c,a' where k = 'b,a';
delete from gh_ost_test where k = 'c,a';
update gh_ost_test set payload = 'empty' where k = '';
