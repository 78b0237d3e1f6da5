update gh_ost_test set p = st_geomfromtext('POINT(1 1)', 4326), g = st_geomfromtext('POINT(1 1)', 4326) where id = 3;
update gh_ost_test set p = st_geomfromtext('POINT(0 0)', 4326), g = st_geomfromtext('GEOMETRYCOLLECTION EMPTY') where id = 3;
