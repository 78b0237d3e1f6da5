-- UTF-8 bytes in a latin1 column, as old applications wrote them: the column is not touched, so neither are the bytes.
create table gh_ost_test (
  id int not null primary key,
  name varchar(40) character set latin1 not null,
  unique key (name)
) engine=innodb;
insert into gh_ost_test values (1, x'C3A4C3B6'), (2, x'F09F9880'), (3, x'8190'), (4, 'plain');
