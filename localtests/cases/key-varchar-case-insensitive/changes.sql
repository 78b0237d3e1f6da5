update gh_ost_test set k = 'A' where k = 'a';
update gh_ost_test set k = 'x ' where k = 'x';
update gh_ost_test set k = 'x' where k = 'x ';
update gh_ost_test set k = 'É', payload = 'accent' where k = 'e';
update gh_ost_test set k = 'STRASSE' where k = 'straße';
update gh_ost_test set payload = 'face' where k = '😀';
delete from gh_ost_test where k = 'b';
insert into gh_ost_test values ('b', 'back in lower case');
