-- A zone of our own with one change from summer to winter time (2024-11-03 06:00 UTC, from -4 to -5 hours), because the zone
-- tables of a fresh server are empty. The hour from 01:00 to 02:00 happens twice that night.
delete from mysql.time_zone_name where name = 'Test/DST';
delete from mysql.time_zone where time_zone_id = 65001;
delete from mysql.time_zone_transition where time_zone_id = 65001;
delete from mysql.time_zone_transition_type where time_zone_id = 65001;
insert into mysql.time_zone (time_zone_id, use_leap_seconds) values (65001, 'N');
insert into mysql.time_zone_name values ('Test/DST', 65001);
insert into mysql.time_zone_transition_type values (65001, 0, -14400, 1, 'EDT'), (65001, 1, -18000, 0, 'EST');
insert into mysql.time_zone_transition values (65001, 1710054000, 0), (65001, 1730613600, 1);
set global time_zone = 'Test/DST';
