update gh_ost_test set payload = 'changed' where k in ('a ', '😀', '');
update gh_ost_test set k = 'AA' where k = 'A';
update gh_ost_test set k = 'A' where k = 'AA';
delete from gh_ost_test where k = 'a';
insert into gh_ost_test values ('a', 'back');
