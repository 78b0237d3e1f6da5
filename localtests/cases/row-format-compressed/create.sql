create table gh_ost_test (id int not null primary key, t text) engine=innodb row_format=compressed key_block_size=8;
insert into gh_ost_test with recursive n as (select 1 as i union all select i + 1 from n where i < 300) select i, repeat(concat('text ', i), i) from n;
