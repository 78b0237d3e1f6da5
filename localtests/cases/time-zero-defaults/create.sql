-- The same as defaults: the server's own ALTER fails over them in strict mode.
set session sql_mode = '';
create table gh_ost_test (
  id int not null primary key,
  d date not null default '0000-00-00',
  ts timestamp not null default '0000-00-00 00:00:00'
) engine=innodb;
insert into gh_ost_test (id) values (1), (2);
