-- One statement moves every value, or every key, by one.
create table gh_ost_test (
  id int not null primary key,
  v int not null,
  payload varchar(20) not null,
  unique key by_v (v)
) engine=innodb;
insert into gh_ost_test with recursive n as (select 1 as i union all select i + 1 from n where i < 300) select i, i * 10, concat('row ', i) from n;
