update gh_ost_test set v = 10 where k = 'ann';
update gh_ost_test set k = 'ANN' where k = 'Ann';
insert into gh_ost_test values ('cid', 1, 7);
update gh_ost_test set k = 'Cid', n = 2 where k = 'cid';
delete from gh_ost_test where k = 'CID';
update gh_ost_test set k = 'Ann' where k = 'ann';
