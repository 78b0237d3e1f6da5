update gh_ost_test set email = 'ann@example.org' where id = 1223;
update gh_ost_test set email = 'eve@example.org' where id = 1117;
insert into gh_ost_test values (2000, 'bob@example.org');
replace into gh_ost_test values (1118, 'bob@example.org');
insert into gh_ost_test values (1118, 'x') on duplicate key update email = 'cid@example.org';
delete from gh_ost_test where id = 2000;
update gh_ost_test set email = 'dan@example.org' where id = 1223;
update gh_ost_test set email = 'ann@example.org' where id = 1117;
