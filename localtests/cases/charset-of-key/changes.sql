update gh_ost_test set n = 33 where code = '€';
update gh_ost_test set n = 3 where code = '€';
update gh_ost_test set code = 'é' where code = 'ä';
update gh_ost_test set code = 'ä' where code = 'é';
delete from gh_ost_test where code = 'Ž';
insert into gh_ost_test values ('Ž', 5);
