#!/bin/sh
# Is a store of 100 million samples (1,000 series) still usable? Prints what everyday commands take on one, each three
# times (the machine's caches are warm): sh tests/bench/metrics_many.sh [FOLDER]. Needs 1 GB in the folder (default: the
# build folder, $BUILD or build/bench), and some minutes. Nothing is judged.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$root/build/bench}
work=${1:-$build/metrics-many}
runbook=$build/runbook
bench=$build/tests/bench/bench_metrics

[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build" --target runbook bench_metrics >/dev/null
mkdir -p "$work/project"
cd "$work/project"
printf 'project: many\nsla:\n  bench: {target: 1s, alert: 2s, better: lower}\n' >runbook.yaml
export RUNBOOK_STATE="$work/state"

milliseconds() {
    echo $(($(date +%s%N) / 1000000))
}

# measure WHAT COMMAND...
measure() {
    what=$1
    shift
    times=
    for _ in 1 2 3; do
        begin=$(milliseconds)
        "$@" >/dev/null
        times="$times $(($(milliseconds) - begin)) ms"
    done
    printf '%-60s %s\n' "$what" "$times"
}

if [ ! -f "$work/state/state.db" ]; then
    begin=$(milliseconds)
    "$bench" "$work/state" many
    printf '%-60s  %s ms\n' 'bulk write of 100,000,000 samples' $(($(milliseconds) - begin))
    "$runbook" metrics record warm 1 # the first command of a day sees to old samples
fi
printf '%-60s  %s MiB\n' 'the database' $(($(stat -c %s "$work/state/state.db") / 1048576))
measure 'an empty command (runbook version)' "$runbook" version
measure 'metrics record' "$runbook" metrics record one 1
measure 'metrics list, all 1,000 series' "$runbook" metrics list
measure 'metrics query, a day of one series, --json' "$runbook" metrics query bench number=500 --since 1d --json
measure 'metrics query, 69 days of one series, --agg p95' "$runbook" metrics query bench number=500 --since 90d --agg p95
measure 'metrics query, the same, --step 1h' "$runbook" metrics query bench number=500 --since 90d --agg avg --step 1h
measure 'metrics query, a day of all series, --agg p95 --by none' "$runbook" metrics query bench --since 1d --agg p95 --by none
measure 'metrics trend, 30 days of one series' "$runbook" metrics trend bench number=500
measure 'metrics export, the newest of all' "$runbook" metrics export
measure 'metrics sla, one row being 30 days of all series (43 million)' "$runbook" metrics sla
"$bench" "$work/state" inbox
measure 'metrics list, with a full inbox' "$runbook" metrics list
begin=$(milliseconds)
"$runbook" metrics record one 2
printf '%-60s  %s ms\n' 'metrics record that compacts 1,023 rows of 5 samples' $(($(milliseconds) - begin))
printf 'project: many\nmetrics: {rollup: {1h: 30d}}\n' >runbook.yaml
measure 'metrics record while old samples are rolled up' "$runbook" metrics record one 3
begin=$(milliseconds)
"$runbook" metrics prune
printf '%-60s  %s ms\n' 'metrics prune, the rest of it' $(($(milliseconds) - begin))
measure 'metrics query, 69 days of one series, --agg p95' "$runbook" metrics query bench number=500 --since 90d --agg p95
