create table `größe_表_ы` (
  id int not null primary key,
  a varchar(20) not null
) engine=innodb;
insert into `größe_表_ы` values (1, 'one'), (2, 'two'), (3, 'three');
