update gh_ost_test set k = 'A ' where k = 'a';
update gh_ost_test set k = 'x' where k = 'x ';
update gh_ost_test set k = 'X  ' where k = 'x';
update gh_ost_test set payload = 'changed' where k in ('é', 'ÿ', '€');
delete from gh_ost_test where k = 'b';
insert into gh_ost_test values ('B', 'back');
