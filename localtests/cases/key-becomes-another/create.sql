-- The PRIMARY KEY moves to what was a unique key; both tables share a unique key all the time.
create table gh_ost_test (
  id int not null,
  code varchar(20) not null,
  primary key (id),
  unique key by_code (code)
) engine=innodb;
insert into gh_ost_test values (1, 'c'), (2, 'b'), (3, 'a'), (4, 'D');
