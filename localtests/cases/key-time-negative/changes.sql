update gh_ost_test set payload = 'changed' where k < '00:00:00';
update gh_ost_test set k = '-00:00:00.002' where k = '-00:00:00.001';
update gh_ost_test set k = '-00:00:00.001' where k = '-00:00:00.002';
delete from gh_ost_test where k = '-838:59:59.000';
insert into gh_ost_test values ('-838:59:59.000', 'back');
