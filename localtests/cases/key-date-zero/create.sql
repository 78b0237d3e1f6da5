-- The server is strict; the rows are from a time when it was not.
create table gh_ost_test (
  k date not null,
  payload varchar(20) not null,
  primary key (k)
) engine=innodb;
set session sql_mode = '';
insert into gh_ost_test values
  ('0000-00-00', 'row 1'),
  ('1000-01-01', 'row 2'),
  ('2024-00-00', 'row 3'),
  ('2024-02-29', 'row 4'),
  ('9999-12-31', 'row 5');
