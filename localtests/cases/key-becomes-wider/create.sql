-- The PRIMARY KEY is replaced by one that holds more columns, and the table becomes partitioned by the new one.
create table gh_ost_test (
  id bigint not null auto_increment,
  dt date not null,
  payload varchar(20) not null,
  primary key (id)
) engine=innodb;
insert into gh_ost_test values (1, '2022-12-31', 'a'), (2, '2023-01-01', 'b'), (3, '2023-12-31', 'c'), (4, '2024-01-01', 'd'), (100, '2024-06-01', 'e');
