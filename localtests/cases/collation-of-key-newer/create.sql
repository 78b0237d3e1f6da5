-- The commonest upgrade: the key's text gets the newer default collation. Neither side compares by bytes.
create table gh_ost_test (k varchar(20) collate utf8mb4_general_ci not null, n int not null, v int, primary key (k, n)) engine=innodb default charset=utf8mb4;
insert into gh_ost_test values ('Ann', 1, 1), ('bob', 1, 2), ('Émile', 2, 3), ('z', 1, 4), ('ß', 1, 5), ('中', 1, 6);
