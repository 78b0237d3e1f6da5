create table `a b%c_d.e` (
  id int not null primary key,
  a varchar(20) not null
) engine=innodb;
insert into `a b%c_d.e` values (1, 'one'), (2, 'two'), (3, 'three');
