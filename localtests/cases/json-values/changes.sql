update gh_ost_test set j = json_set(j, '$.a', 1.0e0) where id = 6;
update gh_ost_test set j = '{}' where id = 6;
update gh_ost_test set j = json_replace(j, '$.big', 'small') where id = 23;
update gh_ost_test set j = json_object('big', repeat('y', 70000)) where id = 23;
update gh_ost_test set j = json_array_append(j, '$', cast('2024-01-02' as date)) where id = 7;
update gh_ost_test set j = json_remove(j, '$[0]') where id = 7;
insert into gh_ost_test values (25, '[1, 1.0, "1"]');
delete from gh_ost_test where id = 25;
