create table gh_ost_test (
  k double not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
insert into gh_ost_test values (0.1, 'a tenth'), (16777217, 'rounded');
