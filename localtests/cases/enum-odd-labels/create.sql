create table gh_ost_test (
  id int not null primary key,
  e enum('unsigned', 'json', 'a''b', 'c"d', 'e,f', ')', 'back\\slash', '`') not null,
  s set('unsigned', 'json zerofill', '(') not null
) engine=innodb;
insert into gh_ost_test (id, e, s) select n, n, n - 1 from (select 1 as n union select 2 union select 3 union select 4 union select 5 union select 6 union select 7 union select 8) as x;
