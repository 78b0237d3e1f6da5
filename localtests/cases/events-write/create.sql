-- gh-ost's own way to write during a run.
create table gh_ost_test (id int not null auto_increment primary key, a int not null, at timestamp(6) not null default current_timestamp(6)) engine=innodb;
insert into gh_ost_test (a) values (1), (2), (3);
delimiter ;;
create event gh_ost_test on schedule every 1 second starts current_timestamp ends current_timestamp + interval 60 second on completion not preserve do
begin
  insert into gh_ost_test (a) values (11), (13);
  update gh_ost_test set a = a + 100 order by id desc limit 1;
  delete from gh_ost_test where a = 11 order by id limit 1;
end ;;
delimiter ;
