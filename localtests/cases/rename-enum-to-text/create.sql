create table gh_ost_test (
  id int not null primary key,
  e enum('b', 'a', '') not null,
  t timestamp(6) null
) engine=innodb;
insert into gh_ost_test values (1, 'a', '2024-01-02 03:04:05.600000'), (2, 'b', null), (3, '', '2024-01-02 03:04:05.000001');
