# Each step would fail if the one before it had not done what its flags say.
set -eu
links=$(mktemp -d)
trap 'rm -r "$links"' EXIT
ln -s "$GHOST_RS" "$links/gh-ost"
run() {
    "$links/gh-ost" -host "$HOST" -port="$PORT" --user="$USER" -password="$PASSWORD" -database "$SCHEMA" --table gh_ost_test \
        -allow-on-master=true --max-load='Threads_running=1000' -critical-load 'Threads_running=5000' \
        --chunk-size=1 --chunk-size=1000 --dml-batch-size=10 -max-lag-millis=1500 -nice-ratio=0 --default-retries=120 \
        --exact-rowcount --concurrent-rowcount=false --cut-over=default -cut-over-lock-timeout-seconds 3 \
        --initially-drop-ghost-table -initially-drop-old-table --initially-drop-socket-file=false \
        --throttle-additional-flag-file="$links/throttle" --panic-flag-file="$links/panic" --verbose --tungsten=0 \
        --replica-server-id=99998 \
        --throttle-query='select timestampdiff(second, min(last_update), now()) < 2 from _gh_ost_test_ghc' --storage-engine=innodb "$@"
}
run -alter='add column x int' -execute --execute=false
run -alter='add column x int' -execute
run -alter='drop column x' --execute=true --ok-to-drop-table
run -check-flag -execute --approve-renamed-columns
