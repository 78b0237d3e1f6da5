update gh_ost_test set e = 'three', s = 'z' where id = 1;
update gh_ost_test set e = 'one', s = 'x' where id = 1;
insert into gh_ost_test values (5, 'two', 'y,z');
delete from gh_ost_test where id = 5;
update gh_ost_test set s = 'y' where id = 3;
