-- Rows that meet other rows are looked at in a temporary table, which can have neither of these two.
create table gh_ost_test (
  id int not null auto_increment,
  v int not null,
  body text,
  primary key (id, v),
  unique key by_v (v),
  fulltext key words (body)
) engine=innodb row_format=compressed key_block_size=8;
insert into gh_ost_test values (1, 1, 'one two'), (2, 2, 'two three'), (3, 3, null), (4, 4, '');
