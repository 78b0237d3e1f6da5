update gh_ost_test set code = 'A' where code = 'a';
update gh_ost_test set code = 'STRASSE' where code = 'straße';
update gh_ost_test set code = 'a' where code = 'A';
update gh_ost_test set n = 6 where code = 'e';
update gh_ost_test set n = 4 where code = 'É';
delete from gh_ost_test where code = 'Z';
insert into gh_ost_test values ('z', 5);
