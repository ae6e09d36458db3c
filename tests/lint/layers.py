"""The order of the house: includes point down only, third-party headers and processes stay in their room, files stay
short. The list below is the one of docs/architecture.md; a new room is added to both."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES_MAX = 600

# room -> the rooms that it may include
BELOW = {
    "base": set(),
    "loop": {"base"},
    "store": {"base"},
    "config": {"base"},
    "results/formats": {"base"},
    "results": {"base", "loop", "store", "config", "results/formats"},
    "schedule": {"base", "loop", "store", "config"},
    "metrics": {"base", "store", "config"},
    "notify": {"base", "loop", "store", "config"},  # and <runbook/schedule.h> for zones and times
    "state": {"store", "results", "schedule", "metrics", "notify", "incident"},
    "net": {"base", "loop", "config"},
    "net/module": {"base", "loop", "config", "net"},
    "otlp": {"base", "loop", "store", "config", "metrics", "net", "notify"},
    "incident": {"base", "loop", "store", "config", "schedule", "notify"},
    "run": {"base", "loop", "store", "config", "net"},
    "lua": {"base", "loop", "store", "config", "results/formats", "results", "metrics", "net", "notify", "incident", "run"},
    "lua/embed": set(),
    "cli": {"base", "loop", "store", "config", "results/formats", "results", "metrics", "schedule", "net", "notify",
            "incident", "otlp", "state", "run", "lua"},
}

# third-party header -> the one room that may include it
HOME = {
    "uv.h": "loop",
    "sqlite3.h": "store",
    "yaml.h": "config",
    "expat.h": "results/formats",
    "jansson.h": "base",
    "curl/curl.h": "net/module",
    "gnutls/gnutls.h": "net/module",
    "gnutls/crypto.h": "net/module",
}
LUA_HEADERS = {"lua.h", "lualib.h", "lauxlib.h"}

# what starts a process; only engine/loop does
STARTS = re.compile(r"(?<![\w.>])(fork|vfork|posix_spawnp?|clone3?|system|popen|execvp?e?|execlp?e?|fexecve|uv_spawn)\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]')
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code_only(text):
    """Comments and literals become blanks; line numbers stay."""
    return COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def room_of(path):
    return str(path.parent.relative_to(ROOT / "engine"))


def room_of_header(name):
    return str(pathlib.PurePosixPath(name).parent)


def include_problem(room, header):
    if header in HOME and HOME[header] != room:
        return f"<{header}> stays in engine/{HOME[header]}"
    if header in LUA_HEADERS and room not in ("lua", "lua/embed"):
        return f"<{header}> stays in engine/lua"
    if not (ROOT / "engine" / header).is_file():
        return None
    other = room_of_header(header)
    if other != room and other not in BELOW[room]:
        return f"{room} may not include {other} (<{header}>)"
    if other != room and re.search(r"(^|_|/)internal\.h$", header):
        return f"<{header}> is internal to engine/{other}"
    return None


def check_engine_file(path):
    text = path.read_text(encoding="utf-8")
    room = room_of(path)
    if room not in BELOW:
        yield 1, f"room engine/{room} is not in the order of tests/lint/layers.py"
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        problem = found and include_problem(room, found.group(1))
        if problem:
            yield number, problem
    if room == "loop":
        return
    for number, line in enumerate(code_only(text).splitlines(), 1):
        if STARTS.search(line):
            yield number, "only engine/loop starts processes"


def check_public_header(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if found and (ROOT / "engine" / found.group(1)).is_file():
            yield number, f"a public header may not include the engine's <{found.group(1)}>"


def check_length(path):
    count = len(path.read_text(encoding="utf-8").splitlines())
    if count > LINES_MAX:
        yield LINES_MAX, f"{count} lines; {LINES_MAX} is the limit"


def problems():
    engine = [p for p in sorted((ROOT / "engine").rglob("*")) if p.is_file()]
    public = sorted((ROOT / "include").rglob("*.h"))
    for path in engine:
        checks = [check_length(path)]
        if path.suffix in (".c", ".h"):
            checks.append(check_engine_file(path))
        yield from ((path, *p) for check in checks for p in check)
    for path in public:
        yield from ((path, *p) for check in (check_length(path), check_public_header(path)) for p in check)


def main():
    found = [f"{path.relative_to(ROOT)}:{line}: {text}" for path, line, text in problems()]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
