# A new column's CURRENT_TIMESTAMP is one moment for all rows, and the right one in any zone.
set -eu
"$GHOST_RS" alter --host="$HOST" --port="$PORT" --user="$USER" --password="$PASSWORD" --database="$SCHEMA" --table=gh_ost_test \
    --alter='add column ts timestamp(6) not null default current_timestamp(6), add column dt datetime not null default current_timestamp,
        add constraint now check (abs(timestampdiff(second, ts, dt)) < 60)' --allow-on-master --execute
