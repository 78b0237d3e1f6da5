-- The values of a stored generated column survive when it becomes a plain one; a plain one that becomes generated loses its own.
create table gh_ost_test (
  id int not null primary key,
  a int not null,
  s int as (a * 3) stored,
  p int
) engine=innodb;
insert into gh_ost_test (id, a, p) values (1, 1, 100), (2, 20, 200), (3, -3, null);
