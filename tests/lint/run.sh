#!/bin/sh
# All checks, one line each; the output of one that fails follows it. Each can be run alone: sh tests/lint/format.sh
set -u
here=$(dirname "$0")
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
for check in format layers headers lua shell tidy; do
    if sh "$here/$check.sh" >"$log" 2>&1; then
        echo "ok    $check"
    else
        echo "FAIL  $check"
        cat "$log"
        failed=1
    fi
done
exit "$failed"
