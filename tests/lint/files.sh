# shellcheck shell=sh
# The files of the project for the checks beside this: `. "$here/files.sh"`, then `files '*.c' '*.h'`.
# Outside a git checkout (a source archive) everything but build folders counts.
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1

files() {
    if git -c safe.directory="$root" ls-files --error-unmatch CMakeLists.txt >/dev/null 2>&1; then
        git -c safe.directory="$root" ls-files -- "$@" | while read -r path; do
            [ ! -f "$path" ] || echo "$path"
        done
        return
    fi
    names=
    for pattern in "$@"; do
        names="$names${names:+ -o} -name '$pattern'"
    done
    eval "find . -path ./build -prune -o -type f \\( $names \\) -print" | sed 's|^\./||' | sort
}

# A tool that is missing is an error that says how to get it.
need() {
    command -v "$1" >/dev/null 2>&1 && return
    echo "$1 is missing: sh engine/bootstrap.sh test installs it" >&2
    exit 2
}
