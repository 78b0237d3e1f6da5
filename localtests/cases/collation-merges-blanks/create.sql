-- NO PAD to PAD SPACE: 'a' and 'a ' become one, in a second unique key.
create table gh_ost_test (
  id int not null primary key,
  code varchar(20) character set utf8mb4 collate utf8mb4_0900_bin not null,
  unique key by_code (code)
) engine=innodb;
insert into gh_ost_test values (1, 'a'), (2, 'a '), (3, 'b');
