set global time_zone = 'SYSTEM';
delete from mysql.time_zone_name where name = 'Test/DST';
