create table gh_ost_test (
  id int not null primary key,
  p point not null srid 4326,
  g geometry not null,
  l linestring,
  spatial index (p)
) engine=innodb;
insert into gh_ost_test values
  (1, st_geomfromtext('POINT(59.9 10.7)', 4326), st_geomfromtext('POINT(1 2)'), null),
  (2, st_geomfromtext('POINT(-90 180)', 4326), st_geomfromtext('POLYGON((0 0,0 3,3 3,3 0,0 0),(1 1,1 2,2 2,2 1,1 1))', 3857), st_geomfromtext('LINESTRING(0 0,1e-300 1e300)')),
  (3, st_geomfromtext('POINT(0 0)', 4326), st_geomfromtext('GEOMETRYCOLLECTION EMPTY'), null);
