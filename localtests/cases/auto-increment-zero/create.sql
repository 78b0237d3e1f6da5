-- A row with the id 0 keeps it.
set session sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
create table gh_ost_test (id int not null auto_increment, a int not null, primary key (id)) engine=innodb;
insert into gh_ost_test values (0, 0), (1, 1), (-5, 5);
