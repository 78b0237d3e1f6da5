update gh_ost_test set payload = 'changed' where code = 'A' and n = 1;
update gh_ost_test set code = 'B' where code = 'b' and n = -1;
update gh_ost_test set n = n + 10 where code = 'b';
update gh_ost_test set n = n - 10 where code = 'b';
update gh_ost_test set at = at + interval 1000 microsecond where code = 'a' and n = 2;
update gh_ost_test set at = at - interval 1000 microsecond where code = 'a' and n = 2;
delete from gh_ost_test where code = '';
insert into gh_ost_test (code, n, at, payload) values ('', 0, '1000-01-01', 'back');
