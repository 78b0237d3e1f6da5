-- Two keys that become equal, with many rows between them: they are never in one chunk.
create table gh_ost_test (k varchar(20) character set latin1 collate latin1_bin not null primary key, v int) engine=innodb;
insert into gh_ost_test with recursive n (i) as (select 1 union all select i + 1 from n where i < 100) select concat('K', lpad(i, 4, '0')), i from n;
insert into gh_ost_test values ('A', 0), ('a', 1000);
