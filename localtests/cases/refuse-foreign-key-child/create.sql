create table parent (id int not null primary key) engine=innodb;
insert into parent values (1);
create table gh_ost_test (id int not null primary key, p int, constraint fk_to_parent foreign key (p) references parent (id) on delete cascade) engine=innodb;
insert into gh_ost_test values (1, 1), (2, null);
