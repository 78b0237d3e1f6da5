create table gh_ost_test (id int not null primary key, v vector(3), w vector(2048)) engine=innodb;
insert into gh_ost_test values (1, to_vector('[1, 2.5, -3e-38]'), null), (2, null, to_vector(concat('[', repeat('0.1,', 2047), '1]'))), (3, to_vector('[0,-0,3.4e38]'), null);
