-- The server has made the key itself.
set session sql_generate_invisible_primary_key = on;
create table gh_ost_test (
  a int,
  b varchar(20)
) engine=innodb;
insert into gh_ost_test values (1, 'one'), (1, 'one'), (null, null), (2, 'two');
delete from gh_ost_test where a = 2;
