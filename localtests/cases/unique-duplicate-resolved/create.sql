-- Duplicates come and go before the swap; at the swap there is none.
create table gh_ost_test (
  id int not null primary key,
  email varchar(50) not null
) engine=innodb;
insert into gh_ost_test values (1, 'bob@example.org'), (1117, 'ann@example.org'), (1118, 'cid@example.org'), (1223, 'dan@example.org');
