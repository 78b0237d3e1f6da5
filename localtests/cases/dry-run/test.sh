set -eu
run() {
    "$GHOST_RS" alter --host="$HOST" --port="$PORT" --user="$USER" --password="$PASSWORD" --database="$SCHEMA" --table=gh_ost_test \
        --alter='add column x int' --allow-on-master "$@"
}
run
run
run --execute
