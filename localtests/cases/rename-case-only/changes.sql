update gh_ost_test set a = 'changed', b = 'too' where id = 1;
insert into gh_ost_test values (4, 'a four', 'b four', 4);
update gh_ost_test set id = 5 where id = 4;
delete from gh_ost_test where id = 5;
update gh_ost_test set a = 'a one', b = 'b one' where id = 1;
update gh_ost_test set b = null where id = 3;
