#!/bin/sh
# Every shell script is clean under shellcheck, those without a suffix in .ci included.
set -eu
here=$(dirname "$0")
. "$here/files.sh"
need shellcheck
{
    files '*.sh'
    for script in .ci/*; do
        [ ! -f "$script" ] || echo "$script"
    done
} | xargs -r shellcheck --external-sources --source-path=SCRIPTDIR --exclude=SC1091
