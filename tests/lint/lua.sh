#!/bin/sh
# Every Lua file is clean under luacheck; .luacheckrc names the vocabulary of runbooks and of the stdlib.
set -eu
here=$(dirname "$0")
. "$here/files.sh"
need luacheck
list=$(files 'stdlib/*.lua' 'runbooks/*.lua' 'tests/lua/*.lua' | grep -v '/broken/' || true)
[ -z "$list" ] || echo "$list" | xargs -r luacheck --quiet --no-color --codes
