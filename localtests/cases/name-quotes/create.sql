create table `it``s "o'dd"` (
  id int not null primary key,
  a varchar(20) not null
) engine=innodb;
insert into `it``s "o'dd"` values (1, 'one'), (2, 'two'), (3, 'three');
