update gh_ost_test set payload = 'changed' where k = x'0102030405060708090A0B0C0D0E0F00';
update gh_ost_test set k = x'0102030405060708090A0B0C0D0E0F01' where k = x'0102030405060708090A0B0C0D0E0F00';
update gh_ost_test set k = x'0102030405060708090A0B0C0D0E0F00' where k = x'0102030405060708090A0B0C0D0E0F01';
delete from gh_ost_test where k = x'00000000000000000000000000000000';
insert into gh_ost_test values (x'00000000000000000000000000000000', 'back');
