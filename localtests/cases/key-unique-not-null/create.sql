-- No PRIMARY KEY: the unique NOT NULL key has to do, and the nullable one before it must not be chosen.
create table gh_ost_test (
  maybe int,
  code int not null,
  payload varchar(20) not null,
  unique key maybe (maybe),
  unique key code (code)
) engine=innodb;
insert into gh_ost_test values (null, 1, 'one'), (null, 2, 'two'), (3, 3, 'three'), (4, -4, 'four');
