update gh_ost_test set payload = 'changed' where k in (x'27', x'5C', x'5C27', x'00', x'');
update gh_ost_test set k = x'5C5C' where k = x'5C';
update gh_ost_test set k = x'5C' where k = x'5C5C';
delete from gh_ost_test where k = x'0000';
insert into gh_ost_test values (x'0000', 'back');
