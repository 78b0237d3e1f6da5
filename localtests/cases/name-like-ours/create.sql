-- A table of the application that is called as one of ours might be.
create table `_gh_ost_test_gho` (
  id int not null primary key,
  a varchar(20) not null
) engine=innodb;
insert into `_gh_ost_test_gho` values (1, 'one'), (2, 'two'), (3, 'three');
