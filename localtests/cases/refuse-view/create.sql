create table base (id int not null primary key);
create view gh_ost_test as select * from base;
