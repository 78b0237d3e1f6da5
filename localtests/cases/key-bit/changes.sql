update gh_ost_test set payload = 'changed' where k = x'FFFFFFFFFF';
insert into gh_ost_test values (x'8000000000', 'new');
update gh_ost_test set k = x'7FFFFFFFFF' where k = x'8000000000';
delete from gh_ost_test where k = x'7FFFFFFFFF';
