#!/bin/sh
# The house keeps its order: see layers.py.
set -eu
here=$(dirname "$0")
. "$here/files.sh"
exec /usr/bin/env python3 tests/lint/layers.py
