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

printf '%s\n' "$build"/fuzzers/fuzz_* |
    xargs -P "$(nproc)" -I PROGRAM sh "$root/tests/fuzz/one.sh" "$build" "$seconds" "$seed" PROGRAM
