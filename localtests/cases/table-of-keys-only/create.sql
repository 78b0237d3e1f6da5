-- Nothing but the key: an update of such a table is always a move.
create table gh_ost_test (a int not null, b int not null, primary key (a, b)) engine=innodb;
insert into gh_ost_test with recursive n as (select 1 as i union all select i + 1 from n where i < 300) select i, -i from n;
