#!/bin/sh
# Builds and runs every fuzzer under AddressSanitizer and UndefinedBehaviorSanitizer: sh tests/fuzz/run.sh [SECONDS [SEED]]
# New inputs are kept in the build folder and used again the next time; an input that fails is printed by its path. With a
# SEED a fresh build folder sees the same inputs each time: a check of a change should not fail by what came before it.
set -eu

seconds=${1:-30}
seed=${2:-0} # 0 = another one each time
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${RUNBOOK_FUZZ_BUILD:-$root/build/test/fuzz}

mkdir -p "$build"
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DRUNBOOK_FUZZ=ON -DRUNBOOK_SANITIZE=ON >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
cmake --build "$build" --target fuzzers >>"$build.log" 2>&1 || { cat "$build.log"; exit 1; }

run_fuzzer() {
    program=$1
    name=${program##*/}
    seeds=$root/tests/fuzz/corpus/$name
    words=$root/tests/fuzz/$name.dict
    mkdir -p "$build/corpus/$name" "$build/crashes"
    set -- -max_total_time="$seconds" -seed="$seed" -timeout=10 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$build/crashes/$name-" "$build/corpus/$name"
    [ ! -d "$seeds" ] || set -- "$@" "$seeds"
    [ ! -f "$words" ] || set -- -dict="$words" "$@"
    if "$program" "$@" >"$build/$name.log" 2>&1; then
        echo "ok    $name  $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log") inputs"
        return 0
    fi
    tail -n 60 "$build/$name.log"
    echo "FAIL  $name"
    return 1
}

failed=0
for program in "$build"/fuzzers/fuzz_*; do
    run_fuzzer "$program" || failed=1
done
exit "$failed"
