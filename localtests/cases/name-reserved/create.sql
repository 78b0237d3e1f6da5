create table `select` (
  `key` int not null,
  `order` varchar(20) not null,
  `group by` int,
  `a``b` int,
  `it's` int,
  `x.y` int,
  `%s {} $1 ?` int,
  `größe` int,
  primary key (`key`, `a``b`),
  unique key `unique` (`order`),
  key `index``es` (`x.y`)
) engine=innodb;
insert into `select` values (1, 'one', 1, 1, 1, 1, 1, 1), (2, 'two', null, 2, null, 2, null, 2), (2, 'three', 3, 3, 3, 3, 3, 3);
