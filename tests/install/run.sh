#!/bin/sh
# Installs into a fresh prefix and uses it as a stranger would: sh tests/install/run.sh BUILD_FOLDER
set -eu
unset RUNBOOK_STATE RUNBOOK_PROJECT RUNBOOK_CONFIG
build=$1
here=$(cd "$(dirname "$0")" && pwd)
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

fail() {
    echo "$*" >&2
    exit 1
}

cmake --install "$build" --prefix "$prefix/first" >"$prefix/log" 2>&1 || { cat "$prefix/log"; exit 1; }
# Nothing that was installed knows the place: it can be moved.
mv "$prefix/first" "$prefix/moved"
cd "$prefix/moved"

pc=$(find . -name runbook.pc)
[ -n "$pc" ] || fail "no runbook.pc"
[ -f include/runbook/runbook.h ] || fail "no public headers"
for path in bin/runbook share/man/man1/runbook.1 share/bash-completion/completions/runbook \
    share/zsh/site-functions/_runbook share/fish/vendor_completions.d/runbook.fish \
    share/runbook/runbooks/daily/morning-health-check.lua share/runbook/runbooks/incident/test-failures.lua; do
    [ -s "$path" ] || fail "not installed, or empty: $path"
done

PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046,SC2086 # flags are words
${CC:-cc} ${CFLAGS:-} -std=c11 -Wall -Wextra -Werror $(pkg-config --cflags runbook) -o embed "$here/embed.c" \
    $(pkg-config --libs runbook)
./embed "$prefix/state" || fail "the embedding program failed"

mkdir "$prefix/elsewhere"
cd "$prefix/elsewhere"
export HOME="$prefix/elsewhere" XDG_CONFIG_HOME="$prefix/elsewhere" XDG_STATE_HOME="$prefix/elsewhere"
"$prefix/moved/bin/runbook" version >/dev/null || fail "the installed program does not start"
"$prefix/moved/bin/runbook" --state "$prefix/state" metrics list | grep -q 'queue_size queue="mail"' ||
    fail "the program does not see what the library recorded"
"$prefix/moved/bin/runbook" list | grep -q 'incident/test-failures' || fail "the installed runbooks are not listed"
# "  name        What it does." is how the program lists its commands.
for command in $("$prefix/moved/bin/runbook" help | sed -n 's/^  \([a-z]*\)   *[A-Z].*/\1/p'); do
    grep -Eq "^\.(B|BI) \"?$command\b" "$prefix/moved/share/man/man1/runbook.1" || fail "not in the manual page: $command"
done

# Requests: the module is found beside the program wherever that was moved, and missed with a word on what to do.
mkdir -p runbooks/t
printf 'project: t\n' >runbook.yaml
printf 'runbook "Ask" {}\nstep "Ask" { run = http.get { url = "http://127.0.0.1:1/" } }\n' >runbooks/t/ask.lua
"$prefix/moved/bin/runbook" t/ask >out 2>&1 && fail "a port that nobody listens on answered"
grep -q 'Connection refused' out || { cat out; fail "the installed module does not work"; }
"$prefix/moved/bin/runbook" doctor | grep -q 'ok .* requests .*libcurl' || fail "doctor does not know the module"
find "$prefix/moved" -name librunbook-net.so -delete
"$prefix/moved/bin/runbook" doctor | grep -q 'warn .* requests .*not installed' || fail "doctor does not miss the module"
"$prefix/moved/bin/runbook" t/ask >out 2>&1 && fail "a request without the module"
grep -q 'librunbook-net.so is not installed' out || { cat out; fail "a missing module is not told"; }
if command -v ldd >/dev/null && ldd "$prefix/moved/bin/runbook" | grep -q curl; then
    fail "the program is linked to libcurl"
fi
