create table gh_ost_test (id int not null primary key, name varchar(40) character set utf8mb4 not null, t text character set utf8mb4) engine=innodb;
insert into gh_ost_test values (1, '€', 'ÄÖÜ'), (2, 'ÿ', '’'), (3, '', null);
