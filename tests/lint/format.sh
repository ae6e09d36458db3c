#!/bin/sh
# Every C file is formatted as .clang-format says. To mend: clang-format -i FILE
set -eu
here=$(dirname "$0")
. "$here/files.sh"
need clang-format
files '*.c' '*.h' | xargs -r clang-format --dry-run -Werror
