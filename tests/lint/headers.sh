#!/bin/sh
# Headers compile alone: public ones as C11 and as C++ without any project setting, the engine's as C with its own.
set -eu
here=$(dirname "$0")
. "$here/files.sh"
need gcc
need g++
need pkg-config

strict='-Wall -Wextra -Werror -fsyntax-only'
flags=$(pkg-config --cflags lua5.4 sqlite3 yaml-0.1 libuv jansson expat)
failed=0

# check HEADER COMPILER...: the header is included twice, as the only thing in a file.
check() {
    header=$1
    shift
    if ! printf '#include <%s>\n#include <%s>\n' "$header" "$header" | "$@" -; then
        echo "$header does not compile alone: $*" >&2
        failed=1
    fi
}

for path in $(files 'include/*.h'); do
    # shellcheck disable=SC2086 # flags are words
    check "${path#include/}" gcc -std=c11 -pedantic $strict -Iinclude -x c
    # shellcheck disable=SC2086
    check "${path#include/}" g++ -std=c++11 -pedantic $strict -Iinclude -x c++
done
for path in $(files 'engine/*.h'); do
    # shellcheck disable=SC2086
    check "${path#engine/}" gcc -std=c11 -D_GNU_SOURCE $strict -Wno-unused-const-variable -Iengine -Iinclude $flags -x c
done
exit "$failed"
