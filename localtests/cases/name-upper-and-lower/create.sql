-- Needs a server with lower_case_table_names=0.
create table `T` (
  id int not null primary key,
  a varchar(20) not null
) engine=innodb;
insert into `T` values (1, 'one'), (2, 'two'), (3, 'three');
create table t (id int not null primary key, b int);
insert into t values (1, 10), (2, 20);
