#!/bin/sh
# Runs one fuzzer that run.sh has built: sh tests/fuzz/one.sh BUILD SECONDS SEED PROGRAM
set -eu

build=$1 seconds=$2 seed=$3 program=$4
here=$(cd "$(dirname "$0")" && pwd)
name=${program##*/}
seeds=$here/corpus/$name
words=$here/$name.dict

mkdir -p "$build/corpus/$name" "$build/crashes"
set -- -max_total_time="$seconds" -seed="$seed" -timeout=60 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$build/crashes/$name-" "$build/corpus/$name"
[ ! -d "$seeds" ] || set -- "$@" "$seeds"
[ ! -f "$words" ] || set -- -dict="$words" "$@"
if "$program" "$@" >"$build/$name.log" 2>&1; then
    echo "ok    $name  $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log") inputs"
    exit 0
fi
tail -n 60 "$build/$name.log"
echo "FAIL  $name"
exit 1
