update gh_ost_test set payload = 'changed' where k = 'z';
delete from gh_ost_test where k = 'a';
insert into gh_ost_test values ('a', 'back');
begin;
delete from gh_ost_test where k = 'm';
update gh_ost_test set k = 'm' where k = 'z';
rollback;
