-- The second owner of the value comes by an UPDATE while the copy is under way or done.
create table gh_ost_test (
  id int not null primary key,
  email varchar(50) not null
) engine=innodb;
insert into gh_ost_test values (1, 'bob@example.org'), (1117, 'ann@example.org'), (1118, 'cid@example.org'), (1223, 'dan@example.org');
