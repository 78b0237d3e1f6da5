set session sql_mode = '';
update gh_ost_test set payload = 'changed' where k = '0000-00-00';
update gh_ost_test set payload = 'changed' where k = '9999-12-31';
insert into gh_ost_test values ('2024-02-00', 'new');
delete from gh_ost_test where k = '2024-02-00';
