create table gh_ost_test (
  id int not null,
  region varchar(10) not null,
  payload varchar(20) not null,
  primary key (id, region)
) engine=innodb partition by list columns (region) (partition eu values in ('de', 'fr'), partition us values in ('ny', 'ca'), partition other values in (''));
insert into gh_ost_test with recursive n as (select 1 as i union all select i + 1 from n where i < 300) select i, elt(1 + i mod 5, 'de', 'fr', 'ny', 'ca', ''), concat('row ', i) from n;
