#!/bin/sh
# clang-tidy over the engine, as .clang-tidy says; every finding is an error. `sh tests/lint/tidy.sh [FILE...]`
# It reads the compile commands of RUNBOOK_BUILD, or of a folder that it configures itself.
set -eu
here=$(dirname "$0")
. "$here/files.sh"
need clang-tidy

build=${RUNBOOK_BUILD:-$root/build/test/tidy}
if [ ! -f "$build/compile_commands.json" ]; then
    need cmake
    mkdir -p "$build"
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug >"$build/configure.log" || { cat "$build/configure.log"; exit 1; }
fi
if [ $# -eq 0 ]; then
    # shellcheck disable=SC2046 # paths of the project have no spaces
    set -- $(files 'engine/*.c')
fi
# A finding in the output of `clang-tidy --quiet` is the only thing that it should print besides its counts.
printf '%s\n' "$@" | xargs -r -n 4 -P "$(nproc)" clang-tidy --quiet -p "$build" --warnings-as-errors='*' 2>/dev/null
