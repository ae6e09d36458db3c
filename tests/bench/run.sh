#!/bin/sh
# How fast runbook is, as ratios to what the machine itself allows (docs/performance.md says what the rows mean):
#
#   sh tests/bench/run.sh [--rounds N] [--smoke] [ROW...]
#
#   ROW         one-step ansible memory steps parallel capture-bytes capture-lines capture-memory import
#               import-memory import-messages metrics-write metrics-size metrics-times metrics-p95
#               schedule-idle schedule-memory schedule-change net-start notify-send notify-queue; all of them unless said
#   --rounds N  how often each pair is run, instead of each row's own number
#   --smoke     one round each, and nothing is judged: do the benchmarks still work?
#
# Floor and runbook are run in turn, and the ratio is the median of the rounds' ratios, so that a machine that is slow
# just now is slow for both. Builds what it needs in build/bench ($BUILD: another build folder, taken as it is
# configured). Scratch files, up to 3 GB, go to the build folder: the disk counts. Exits 1 when a bar is missed.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$root/build/bench}
bin=$build/tests/bench
work=$build/bench-work
rows='one-step ansible memory steps parallel capture-bytes capture-lines capture-memory import import-memory
    import-messages metrics-write metrics-size metrics-times metrics-p95 schedule-idle schedule-memory schedule-change
    net-start notify-send notify-queue'
rounds=
smoke=false
missed=0

die() {
    printf 'bench: %s\n' "$*" >&2
    exit 2
}

build_all() {
    log=$work/build.log
    {
        [ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release
        cmake --build "$build" --target bench
    } >"$log" 2>&1 || {
        cat "$log" >&2
        die "the build failed"
    }
}

# A project and a PATH of its own, so that nobody's settings are measured.
prepare_work() {
    rm -rf "$work"
    mkdir -p "$work/home"
    cp -R "$root/tests/bench/project" "$work/project"
    ansible=$(command -v ansible || true)
    export HOME="$work/home" XDG_CONFIG_HOME="$work/home" PATH=/usr/bin:/bin
    export RUNBOOK_STATE="$work/state"
    export ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_INVENTORY_UNPARSED_WARNING=False
    unset RUNBOOK_PROJECT RUNBOOK_CONFIG || true
    build_all
    cd "$work/project"
}

# pair ROUNDS PREPARE FLOOR... -- OURS...: sets floor_us ours_us ratio floor_kb ours_kb.
pair() {
    if $smoke; then count=1; else count=${rounds:-$1}; fi
    shift
    figures=$("$bin/pair" "$count" "$@") || die "row $row does not run"
    # shellcheck disable=SC2086 # five words
    set -- $figures
    floor_us=$1 ours_us=$2 ratio=$3 floor_kb=$4 ours_kb=$5
}

as_ms() {
    awk -v us="$1" -v per="${2:-1}" 'BEGIN {
        ms = us / 1000 / per
        if (ms >= 1000) printf "%.2f s", ms / 1000; else printf "%.2f ms", ms }'
}

as_us() {
    awk -v us="$1" 'BEGIN { printf "%.2f us", us }'
}

as_mib() {
    awk -v kb="$1" 'BEGIN { printf "%.1f MiB", kb / 1024 }'
}

line() {
    printf '%-16s %-47s %10s %10s %10s %9s %9s  %s\n' "$@"
}

# judge WHAT FLOOR OURS VALUE UNIT at-most|at-least BAR AIM: one row of the table.
judge() {
    verdict=$(awk -v value="$4" -v side="$6" -v bar="$7" -v aim="$8" 'BEGIN {
        sign = side == "at-least" ? -1 : 1
        print (sign * value <= sign * aim ? "aim" : sign * value <= sign * bar ? "bar" : "MISSED") }')
    if [ "$6" = at-least ]; then comparison='>='; else comparison='<='; fi
    value=$(awk -v value="$4" -v unit="$5" 'BEGIN { printf (value >= 20 || value == 0 ? "%.0f%s" : value < 0.01 ? "%.4f%s" : "%.2f%s"), value, unit }')
    if $smoke; then
        verdict=runs
    elif [ "$verdict" = MISSED ]; then
        missed=$((missed + 1))
    fi
    line "$row" "$1" "$2" "$3" "$value" "$comparison $7" "$comparison $8" "$verdict"
}

judge_memory() {
    judge "$1" "${4:--}" "$(as_mib "$ours_kb")" "$(awk -v kb="$ours_kb" 'BEGIN { print kb / 1024 }')" ' MiB' \
        at-most "$2" "$3"
}

new_store() {
    rm -rf "$RUNBOOK_STATE" "$work"/floor.db*
    "$build/runbook" bench/one-step -q >/dev/null
}

row_one_step() {
    new_store
    "$bin/floor_store" "$work/floor.db" init
    pair 100 '' "$bin/floor_store" "$work/floor.db" -- "$build/runbook" bench/one-step
    judge 'durable run of one step, whole process' "$(as_ms "$floor_us")" "$(as_ms "$ours_us")" "$ratio" x \
        at-most 2.0 1.3
}

row_net_start() {
    pair 300 '' "$bin/runbook_without_net" list -- "$build/runbook" list
    judge 'start-up without sending, against no client' "$(as_ms "$floor_us")" "$(as_ms "$ours_us")" "$ratio" x \
        at-most 1.02 1.00
}

row_ansible() {
    what='the same, how much faster than ansible'
    if [ -z "$ansible" ]; then
        line "$row" "$what" - - - '>= 100' '>= 250' 'skipped: ansible is not installed'
        return
    fi
    new_store
    # Half a second of Python empties every cache: runbook runs once before it is measured, as in the row above.
    pair 5 "$build/runbook bench/one-step -q >/dev/null" "$build/runbook" bench/one-step -- \
        "$ansible" localhost -m command -a true
    judge "$what" "$(as_ms "$ours_us")" "$(as_ms "$floor_us")" "$ratio" x at-least 100 250
}

row_memory() {
    new_store
    pair 10 '' /bin/true -- "$build/runbook" bench/one-step
    judge_memory 'the same, peak memory' 6 4
}

# steps ROUNDS COUNT IN_FLIGHT RUNBOOK
steps() {
    new_store
    "$bin/floor_steps" "$work/floor.db" init
    pair "$1" '' "$bin/floor_steps" "$work/floor.db" "$2" "$3" -- "$build/runbook" "$4" -q
    figures="$(as_ms "$floor_us" "$2")|$(as_ms "$ours_us" "$2")"
}

row_steps() {
    steps 5 1000 1 bench/steps
    judge '1,000 captured steps in turn, per step' "${figures%|*}" "${figures#*|}" "$ratio" x at-most 2.0 1.3
}

row_parallel() {
    steps 9 400 4 bench/parallel
    judge '400 captured steps, 4 in flight, per step' "${figures%|*}" "${figures#*|}" "$ratio" x at-most 1.5 1.15
}

# capture WHAT PRODUCE-MODE COUNT
capture() {
    new_store
    pair 5 "rm -rf '$RUNBOOK_STATE'/logs '$work/copy'; sync -f '$work'" \
        "$bin/floor_capture" "$work/copy" "$bin/produce" "$2" "$3" -- \
        "$build/runbook" bench/capture --program "$bin/produce" --what "$2" --count "$3" -q
    rm -rf "$RUNBOOK_STATE" "$work/copy"
    judge "$1" "$(as_ms "$floor_us")" "$(as_ms "$ours_us")" "$ratio" x at-most 1.5 1.3
}

row_capture_bytes() {
    capture 'capture of 1 GiB with times, nothing dropped' zero 1073741824
}

row_capture_lines() {
    capture 'capture of 10,000,000 lines, nothing dropped' lines 10000000
}

# With the bound that users have: 10 GiB need not fit on this disk.
row_capture_memory() {
    new_store
    sed -i '/^logs:/,$d' "$work/project/runbook.yaml"
    rounds=1 pair 1 '' /bin/true -- \
        "$build/runbook" bench/capture --program "$bin/produce" --what zero --count 10737418240 -q
    cp "$root/tests/bench/project/runbook.yaml" "$work/project/runbook.yaml"
    judge_memory 'peak memory while capturing 10 GiB' 16 8
}

# report CASES MESSAGE_BYTES: the file, made on first use.
report() {
    file=$work/report-$1-$2.xml
    [ -f "$file" ] || python3 "$root/tests/bench/gen_junit.py" "$1" "$file" "$2"
}

import() {
    pair "$1" "rm -rf '$RUNBOOK_STATE'" "$bin/floor_junit" "$file" "$work/floor.db" -- \
        "$build/runbook" tests import "$file"
    rm -rf "$RUNBOOK_STATE"
}

row_import() {
    report 1000000 2000
    import 5
    judge 'import of 1,000,000 test cases' "$(as_ms "$floor_us")" "$(as_ms "$ours_us")" "$ratio" x at-most 1.3 0.7
}

row_import_memory() {
    report 1000000 2000
    import 1
    judge_memory 'the same, peak memory' 64 32 "$(as_mib "$floor_kb")"
}

row_import_messages() {
    report 50000 2000
    short=$file
    report 50000 40000
    long=$file
    pair 1 "rm -rf '$RUNBOOK_STATE'" "$build/runbook" tests import "$short" -- "$build/runbook" tests import "$long"
    rm -rf "$RUNBOOK_STATE"
    judge 'its memory, messages of 40 KB against 2 KB' "$(as_mib "$floor_kb")" "$(as_mib "$ours_kb")" \
        "$(awk -v a="$floor_kb" -v b="$ours_kb" 'BEGIN { print b / a }')" x at-most 1.1 1.05
}

# Ours first, so that the ratio says how much faster it is.
row_metrics_write() {
    pair 5 "rm -rf '$work'/metrics '$work'/floor.db*; sync -f '$work'" \
        "$bin/bench_metrics" "$work/metrics" write -- "$bin/floor_metrics" "$work/floor.db" 1000000
    judge 'bulk write of 1,000,000 samples, times faster' "$(as_ms "$ours_us")" "$(as_ms "$floor_us")" "$ratio" x \
        at-least 5 20
}

# metrics_size WHAT BAR AIM MODE...
metrics_size() {
    what=$1 bar=$2 aim=$3
    shift 3
    rm -rf "$work/metrics"
    "$bin/bench_metrics" "$work/metrics" "$@"
    judge "$what" - - "$("$bin/bench_metrics" "$work/metrics" size)" ' B' at-most "$bar" "$aim"
}

row_metrics_size() {
    metrics_size 'bytes a sample, random integers below 100,000' 5 3.5 write
}

row_metrics_times() {
    metrics_size 'bytes a sample, test durations in ms' 2.5 1.4 durations "$root/tests/bench/durations.txt"
}

row_metrics_p95() {
    rm -rf "$work/metrics"
    "$bin/bench_metrics" "$work/metrics" one
    pair 9 '' "$bin/bench_metrics" "$work/metrics" decode -- "$bin/bench_metrics" "$work/metrics" p95
    judge 'p95 of 1,000,000 samples, to decoding them' "$(as_ms "$floor_us" 20)" "$(as_ms "$ours_us" 20)" "$ratio" x \
        at-most 3 1.5
}

# idle SECONDS: sets wakes and ours_kb of a daemon that has nothing to do.
idle() {
    if $smoke; then seconds=1; else seconds=$1; fi
    rm -rf "$work/idle"
    figures=$(python3 "$root/tests/bench/idle_daemon.py" "$build/runbook" "$work/idle" "$seconds") ||
        die "row $row does not run"
    rm -rf "$work/idle"
    wakes=${figures% *} ours_kb=${figures#* }
}

row_schedule_idle() {
    idle 60
    judge 'wake-ups of an idle daemon in a minute' - - "$wakes" '' at-most 0 0
}

row_schedule_memory() {
    idle 1
    judge_memory 'its memory' 8 5
}

row_schedule_change() {
    sorted=$("$bin/bench_schedule" sort) changed=$("$bin/bench_schedule" change) || die "row $row does not run"
    judge 'next of 10,000 schedules, to sorting them' "$(as_us "$sorted")" "$(as_us "$changed")" \
        "$(awk -v a="$sorted" -v b="$changed" 'BEGIN { print b / a }')" x at-most 2 0.1
}

# start_stub [KEEP_FILE]: sets stub (its pid) and port.
start_stub() {
    rm -f "$work/port"
    "$bin/stub_http" "$work/port" ${1:+"$1"} &
    stub=$!
    until [ -s "$work/port" ]; do sleep 0.01; done
    port=$(cat "$work/port")
}

stop_stub() {
    kill "$stub"
    wait "$stub" 2>/dev/null || true
}

# notify_project: where the stub that runs now hears of everything.
notify_project() {
    mkdir -p "$work/notify"
    printf 'channels: { hook: { type: webhook, url: "http://127.0.0.1:%s/", parallel: 16 } }\n' "$port" \
        >"$work/notify/runbook.yaml"
}

# The floor posts the bodies that a first delivery, which is not measured, has posted.
row_notify_send() {
    if $smoke; then messages=100; else messages=10000; fi
    store=$work/notify-state
    rm -rf "$work/queued" "$store"
    "$bin/bench_notify" "$work/queued" fill "$messages"
    cp -R "$work/queued" "$store"
    start_stub "$work/bodies"
    notify_project
    "$build/runbook" --project "$work/notify" --state "$store" notify flush -q
    stop_stub
    start_stub
    notify_project
    pair 5 "rm -rf '$store'; cp -R '$work/queued' '$store'; sync -f '$work'" \
        "$bin/floor_notify" "http://127.0.0.1:$port/" "$work/bodies" 16 -- \
        "$build/runbook" --project "$work/notify" --state "$store" notify flush
    stop_stub
    rm -rf "$work/notify" "$work/queued" "$work/bodies" "$store"
    judge 'delivery of 10,000 messages on loopback' "$(as_ms "$floor_us")" "$(as_ms "$ours_us")" "$ratio" x \
        at-most 3 1.5
}

row_notify_queue() {
    if $smoke; then commits=20; else commits=2000; fi
    rm -rf "$work/notify-state"
    figures=$("$bin/bench_notify" "$work/notify-state" compare "$commits") || die "row $row does not run"
    rm -rf "$work/notify-state"
    without=${figures% *} with=${figures#* }
    judge "a step's result with a message, without one" "$(as_ms "$without")" "$(as_ms "$with")" \
        "$(awk -v a="$without" -v b="$with" 'BEGIN { print b / a }')" x at-most 1.1 1.02
}

while [ $# -gt 0 ]; do
    case $1 in
    --rounds)
        [ $# -ge 2 ] || die "--rounds needs a number"
        rounds=$2
        shift
        ;;
    --smoke) smoke=true ;;
    --help | -h)
        sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    -*) die "there is no option $1; --help shows them" ;;
    *)
        case " $(echo "$rows" | tr -s '\n ' ' ') " in
        *" $1 "*) selected="${selected:-} $1" ;;
        *) die "there is no row $1; --help shows them" ;;
        esac
        ;;
    esac
    shift
done

prepare_work
line row what floor ours ratio bar aim verdict
for row in ${selected:-$rows}; do
    row_"$(echo "$row" | tr - _)"
done
rm -rf "$work"
if [ "$missed" -gt 0 ]; then
    echo "bench: $missed missed" >&2
    exit 1
fi
