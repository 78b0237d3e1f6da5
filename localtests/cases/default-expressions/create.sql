-- Defaults that differ from call to call must not be called for rows that have a value.
create table gh_ost_test (
  id int not null primary key,
  u char(36) not null default (uuid()),
  r double not null default (rand()),
  b binary(16) not null default (uuid_to_bin(uuid())),
  j json not null default (json_array(1, 2.0)),
  t text not null default ('text')
) engine=innodb;
insert into gh_ost_test (id) values (1), (2), (3);
