update `select` set `order` = 'changed', `größe` = 9 where `key` = 1;
update `select` set `a``b` = 7 where `order` = 'three';
update `select` set `a``b` = 3 where `order` = 'three';
update `select` set `order` = 'one', `größe` = 1 where `key` = 1;
update `select` set `%s {} $1 ?` = 5 where `key` = 2;
