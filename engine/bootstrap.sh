#!/bin/sh
# Everything from a bare Debian 12 to a running program: sh engine/bootstrap.sh VERB
#
#   deps      installs the packages that are missing for building and running
#   build     builds the release into build/
#   install   installs the release below PREFIX (default /usr/local)
#   demo      builds and runs daily/morning-health-check on this project's own tests
#   test      installs what testing needs and runs all of it: unit, Lua, end-to-end and lint checks with gcc, the same
#             under AddressSanitizer and UndefinedBehaviorSanitizer with clang, every fuzzer for a moment
#   bench     installs what the benchmarks need and prints their table (docs/performance.md)
#
# One line per phase; the log of a phase that fails is printed. Nothing outside this folder is used but packages.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
logs=$build/logs
jobs=$(nproc 2>/dev/null || echo 2)
fuzz_seconds=${RUNBOOK_FUZZ_SECONDS:-8}

build_packages='gcc libc6-dev make cmake ninja-build pkg-config
    liblua5.4-dev libsqlite3-dev libuv1-dev libjansson-dev libexpat1-dev libyaml-dev libcurl4-gnutls-dev
    libgnutls28-dev'
# The demo's smoke level is part of this project's own tests.
demo_packages='libcmocka-dev'
test_packages='faketime clang clang-tidy clang-format libclang-rt-14-dev g++ git lua-check shellcheck strace bats nodejs
    procps python3 python3-pytest python3-jsonschema python3-yaml sqlite3 mandoc zsh fish systemd tzdata prometheus
    python3-aiosmtpd openssl postfix sasl2-bin libsasl2-modules prometheus-alertmanager'
# ansible-core is what the durable one-step run is compared with.
bench_packages='python3 ansible-core'

say() {
    printf '%s\n' "$*"
}

die() {
    printf 'bootstrap: %s\n' "$*" >&2
    exit 1
}

# phase NAME COMMAND...: quiet while it works, its whole log when it does not.
phase() {
    title=$1
    shift
    mkdir -p "$logs"
    log=$logs/$(printf '%s' "$title" | tr -c 'a-z0-9' '-').log
    printf '%-48s ' "$title"
    started=$(date +%s)
    if "$@" >"$log" 2>&1 </dev/null; then
        say "ok    $(($(date +%s) - started))s"
        return
    fi
    say "FAILED"
    cat "$log"
    die "$title failed; its log is $log"
}

missing_packages() {
    for package in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || printf '%s ' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Some packages come with a service. Tests start their own servers, so none is started now or at the next boot
# (policy-rc.d, https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt).
no_services() {
    policy=/usr/sbin/policy-rc.d
    [ ! -e $policy ] || return 0
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}

install_packages() {
    no_services
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
    for package in "$@"; do
        case $package in
        postfix | prometheus | prometheus-alertmanager) as_root systemctl disable "$package" || true ;;
        sasl2-bin) as_root systemctl disable saslauthd || true ;;
        esac
    done
}

need_packages() {
    command -v dpkg-query >/dev/null 2>&1 ||
        die "this is no Debian: install the equivalents of $(echo "$@" | tr -s ' \n' ' '), then use the verb build"
    # shellcheck disable=SC2086,SC2048 # the lists are words
    missing=$(missing_packages $*)
    [ -n "$missing" ] || return 0
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
        die "missing packages, and neither root nor sudo to install them. As root: apt-get install $missing"
    # shellcheck disable=SC2086
    phase "install packages" install_packages $missing
}

# configure FOLDER OPTION...
configure() {
    folder=$1
    shift
    cmake -S "$root" -B "$folder" -G Ninja "$@"
}

build_release() {
    phase "configure release" configure "$build" -DCMAKE_BUILD_TYPE=Release "$@"
    phase "build release" cmake --build "$build" --parallel "$jobs" -- --quiet
}

# check_build NAME OPTION...: a build of everything in which a warning is an error.
check_build() {
    name=$1
    shift
    phase "configure $name" configure "$build/test/$name" -DRUNBOOK_WERROR=ON -DRUNBOOK_TESTS=ON "$@"
    phase "build $name" cmake --build "$build/test/$name" --parallel "$jobs" -- --quiet
}

run_ctest() {
    name=$1
    shift
    ctest --test-dir "$build/test/$name" --output-on-failure --parallel "$jobs" --no-tests=error "$@"
}

verb_deps() {
    need_packages "$build_packages"
}

verb_build() {
    build_release -DRUNBOOK_TESTS=OFF
}

verb_install() {
    build_release -DRUNBOOK_TESTS=OFF -DCMAKE_INSTALL_PREFIX="${PREFIX:-/usr/local}"
    phase "install below ${PREFIX:-/usr/local}" cmake --install "$build"
}

verb_demo() {
    need_packages "$build_packages $demo_packages"
    phase "configure release" configure "$build" -DCMAKE_BUILD_TYPE=Release -DRUNBOOK_TESTS=ON
    phase "build release" cmake --build "$build" --parallel "$jobs" --target runbook smoke -- --quiet
    cd "$root"
    exec "$build/runbook" daily/morning-health-check
}

# The suite with gcc comes last, so that the last line of all is the last line of ctest. The crash tests trace the program
# with strace, beside which the leak sanitizer cannot work.
verb_test() {
    need_packages "$build_packages $demo_packages $test_packages"
    check_build clang -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang
    check_build asan -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang -DRUNBOOK_SANITIZE=ON
    phase "tests under sanitizers" run_ctest asan --label-exclude 'lint|bench|crash'
    phase "fuzzers, ${fuzz_seconds}s each" sh "$root/tests/fuzz/run.sh" "$fuzz_seconds" 1
    check_build gcc -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=gcc
    run_ctest gcc </dev/null
}

verb_bench() {
    need_packages "$build_packages $demo_packages $bench_packages"
    exec sh "$root/tests/bench/run.sh"
}

usage() {
    sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
}

case ${1:-} in
deps | build | install | demo | test | bench)
    verb_"$1"
    ;;
help | --help | -h)
    usage
    ;;
*)
    usage >&2
    exit 2
    ;;
esac
