-- The key itself changes: lower, higher, to one that another row has just left, and there and back.
create table gh_ost_test (
  a int not null,
  b varchar(10) collate utf8mb4_0900_ai_ci not null,
  payload int not null,
  primary key (a, b)
) engine=innodb;
insert into gh_ost_test with recursive n as (select 1 as i union all select i + 1 from n where i < 300) select i div 10, concat('k', i mod 10), i from n;
