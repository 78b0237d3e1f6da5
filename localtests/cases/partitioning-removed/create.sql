create table gh_ost_test (id int not null primary key, a int) engine=innodb partition by hash (id) partitions 4;
insert into gh_ost_test with recursive n as (select 1 as i union all select i + 1 from n where i < 300) select i - 150, i from n;
