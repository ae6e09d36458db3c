"""check, doctor, completion and init."""

import shutil
import subprocess

import pytest


def problems(result):
    return [(p["severity"], p["line"], p["column"]) for p in result.json["problems"]]


def test_check_of_a_clean_project(project):
    project.runbook("demo/good", 'runbook "G" {}\nstep "S" { run = "true" }\n')
    assert "0 errors, 0 warnings" in project.ok("check", "demo/good").out
    assert project.ok("check", "demo/good", "--json").json["problems"] == []


def test_check_finds_nothing_in_the_bundled_runbooks(project):
    assert project.ok("check", "--json").json["problems"] == []


def test_check_names_file_line_and_mend_of_every_error(project):
    project.runbook("demo/one", 'runbook "A" {}\nstep "S" { rnu = "true" }\n')
    project.runbook("demo/two", 'runbook "B" {}\nstep "S" {}\n')
    project.runbook("demo/good", 'runbook "G" {}\nstep "S" { run = "true" }\n')
    result = project.run("check")
    assert result.exit == 2
    assert "demo/one.lua:2" in result.out and "did you mean `run`?" in result.out and "demo/two.lua:2" in result.out
    document = project.run("check", "--json")
    assert document.exit == 2 and [p[:2] for p in problems(document)] == [("error", 2), ("error", 2)]
    project.ok("check", "demo/good")
    assert project.run("check", "demo/none").exit == 2


MANY = """runbook "Many" { priorty = "high", timeout = "10 minutes" }
param "since" { defualt = "4" }
step "Build" {
  rnu = [[ make ]],
  timeout = "soon",
  check = "a &&",
}
step "Nothing" { note = "x" }
step "Bare"
parallel "Both" {
  failfast = true,
  step "A" { run = "true", retry = { tims = 3, delay = "x" } },
  step "B" { run = "true", call = "a/b" },
}
step "A" { run = "true" }
step "Reads" { run = { "echo", "$levle" } }
"""


def test_check_names_all_that_is_wrong_with_a_file_at_once(project):
    project.runbook("demo/many", MANY)
    result = project.run("check", "demo/many", "--json")
    said = [(p["line"], p["message"]) for p in result.json["problems"]]
    assert [line for line, _ in said] == [1, 1, 2, 4, 5, 6, 8, 9, 11, 12, 12, 13, 15], said
    for line, words in ((1, "10 minutes"), (1, "priorty"), (6, "&&"), (8, "does nothing"), (9, "no { }"), (15, "same id")):
        assert any(at == line and words in message for at, message in said), (line, words, said)
    # Whoever only wants to run it is told the first.
    assert project.run("demo/many").err.count("demo/many.lua") == 1


def test_check_tells_what_was_wrong_before_the_file_stopped(project):
    project.runbook("demo/stops", 'runbook "S" {}\nstep "A" { rnu = 1 }\nstep "B" { run = tests.rn {} }\nstep "C" { rnu = 1 }\n')
    problems = project.run("check", "demo/stops", "--json").json["problems"]
    assert [p["line"] for p in problems] == [2, 3] and "tests.run" in problems[1]["hint"], problems


def test_check_asks_the_rules_of_a_plan_all_at_once(project):
    project.runbook(
        "demo/rules",
        'runbook "R" {}\nstep "A" { note = "x" }\nstep "B" { call = "no/such" }\nstep "C" { run = { "echo", "$levle" } }\n',
    )
    problems = project.run("check", "demo/rules", "--json").json["problems"]
    assert sorted(p["line"] for p in problems) == [2, 3, 4], problems


def test_check_of_a_file_that_is_wrong_everywhere_ends(project):
    project.runbook("demo/worst", 'runbook "W" {}\n' + 'step "A" { rnu = 1 }\n' * 1000)
    assert len(project.run("check", "demo/worst", "--json").json["problems"]) == 100


def test_check_of_the_configuration_points_at_the_column(project):
    project.write("runbook.yaml", "levels:\n  unit:\n    timeout: soon\n    command: true\n")
    result = project.run("check", "--json")
    assert result.exit == 2
    problem = result.json["problems"][0]
    assert problem["file"].endswith("runbook.yaml") and (problem["line"], problem["column"]) == (3, 14), problem
    assert "runbook.yaml:3:14" in project.run("check").out


@pytest.mark.parametrize(
    "text, place, said",
    [
        ("channels:\n  a: {type: file, path: x}\n  b: {type: slack, webhok: 'env:X'}\n", (3, 3), "no option `webhok`"),
        ("project: p\ntimezone: Mars/Base\n", (2, 1), 'no time zone "Mars/Base"'),
        (
            "oncall:\n  p:\n    members: [a]\n    start: 2026-11-02\n    timezone: X/Y\ncontacts: {a: {address: x}}\n",
            (5, 5),
            'time zone "X/Y"',
        ),
        ("oncall:\n  p: {members: [], start: 2026-11-02}\n", (2, 3), "needs members"),
        ("schedule:\n  tests/run: daily\n  ops/gone: daily\n", (3, 3), "no such runbook"),
        ("schedule:\n  tests/run: every 1x\n", (2, 3), '"1x" is no interval'),
        ("notify:\n  maintenance:\n    - {at: daily, for: 1h}\n    - {for: 1h, at: dayly}\n", (4, 17), "dayly"),
    ],
)
def test_check_points_at_what_other_parts_refuse(project, text, place, said):
    project.write("runbook.yaml", text)
    result = project.run("check", "--json")
    assert result.exit == 2
    (problem,) = result.json["problems"]
    assert (problem["line"], problem["column"]) == place and said in problem["message"], problem


def test_a_command_that_is_not_there_speaks_json_too(project):
    assert project.run("--json", "nosuch").json["schema"] == "runbook.error/1"


@pytest.mark.parametrize(
    "step, said",
    [
        ('run = { "no-such-program-here" }', "no-such-program-here"),
        ('run = "true", when = "nobody_sets_it > 1"', "nobody_sets_it"),
        ('run = "true", when = "1 > 2"', "1 > 2"),
    ],
)
def test_check_warns_and_warnings_alone_are_0(project, step, said):
    project.runbook("demo/w", 'runbook "W" {}\nstep "S" { %s }\n' % step)
    result = project.ok("check", "demo/w", "--json")
    assert [p["severity"] for p in result.json["problems"]] == ["warning"], result
    assert said in result.json["problems"][0]["message"] and result.json["problems"][0]["line"] == 2


def test_doctor_with_and_without_a_project(project, tmp_path):
    names = [c["name"] for c in project.ok("doctor", "--json").json["checks"]]
    assert {"version", "configuration", "runbooks", "storage", "clock", "memory limits"} <= set(names)
    text = project.ok("doctor").out
    assert all(line.split()[0] in ("ok", "warn", "fail") for line in text.splitlines() if not line.startswith(" "))
    bare = tmp_path / "bare"
    bare.mkdir()
    result = project.ok("doctor", "--state", str(bare / "state"), cwd=bare)
    assert "runbook init" in result.out
    assert not (project.root / ".runbook").exists()


def test_doctor_says_what_is_broken(project):
    project.write("runbook.yaml", "levels:\n  unit: { command: no-such-runner-here, runner: pytest }\n")
    result = project.run("doctor", "--json")
    assert result.exit == 1
    assert [c["name"] for c in result.json["checks"] if c["state"] == "fail"] == ["level unit"]
    project.write("runbook.yaml", "project: [\n")
    result = project.run("doctor", "--json")
    assert result.exit == 1 and [c["name"] for c in result.json["checks"] if c["state"] == "fail"] == ["configuration"]


def test_doctor_knows_a_damaged_store(project):
    project.runbook("demo/a", 'runbook "A" {}\nstep "S" { run = "true" }\n')
    project.ok("demo/a")
    database = project.root / ".runbook" / "state.db"
    for extra in (".runbook/state.db-wal", ".runbook/state.db-shm"):
        (project.root / extra).unlink(missing_ok=True)
    database.write_bytes(b"not a database at all" * 400)
    result = project.run("doctor", "--json")
    assert result.exit == 1 and [c["name"] for c in result.json["checks"] if c["state"] == "fail"] == ["storage"]


# Completion

COMPLETE = """
source /dev/stdin <<'SCRIPT'
%s
SCRIPT
runbook() { "$PROGRAM" "$@"; }
COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_runbook
printf '%%s\\n' "${COMPREPLY[@]}"
"""


def complete(project, *words):
    script = project.ok("completion", "bash").out
    quoted = " ".join(f"'{w}'" for w in ("runbook", *words))
    done = subprocess.run(
        ["bash", "-eu", "-c", COMPLETE % (script, quoted)],
        cwd=project.root,
        env={**project.environ, "PROGRAM": project.command()[0]},
        capture_output=True, text=True, check=True, timeout=60,
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def test_bash_completes_commands_options_and_runbooks(project):
    project.runbook("demo/good", 'runbook "G" {}\nparam "host" { default = "a" }\nstep "S" { run = "true" }\n')
    assert complete(project, "resu") == {"resume"}
    assert complete(project, "demo/") == {"demo/good"}
    assert complete(project, "show", "demo/") == {"demo/good"}
    assert complete(project, "resume", "--as") == {"--assume"}
    assert {"--follow", "--times", "--json"} <= complete(project, "logs", "--")
    assert complete(project, "demo/good", "--dry") == {"--dry-run"}
    assert complete(project, "demo/good", "--ho") == {"--host"}
    assert complete(project, "tests", "fail") == {"failing"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_is_valid_in_its_shell(project, shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = project.ok("completion", shell).out
    flag = "--no-execute" if shell == "fish" else "-n"
    done = subprocess.run([shell, flag], input=script, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr


def test_names_for_completion_are_one_a_line(project):
    project.runbook("demo/good", 'runbook "G" {}\n')
    names = project.ok("completion", "names").out.splitlines()
    assert "demo/good" in names and "daily/morning-health-check" in names


# init


def test_init_writes_what_it_found_once(project):
    (project.root / "runbook.yaml").unlink()
    project.write("tests/test_a.py", "def test_a(): pass\n")
    result = project.ok("init")
    assert "pytest" in result.out and "smoke" in result.out and "runbook list" in result.out
    text = (project.root / "runbook.yaml").read_text()
    assert "smoke:" in text and "unit:" in text and "#" in text
    again = project.run("init")
    assert again.exit == 2 and "already" in again.err
    assert project.ok("init", "--print").out == text
    assert project.ok("check", "--json").json["problems"] == []


def test_init_below_a_project_says_that_it_makes_another(project):
    project.write("part/tests/test_a.py", "def test_a(): pass\n")
    made = project.ok("init", cwd=project.root / "part")
    assert f"was part of the project {project.root}: from now on its own file counts here" in made.out
    assert project.run("init", cwd=project.root / "part").exit == 2


def test_init_suggests_no_runbook_that_has_nothing_to_run(project):
    (project.root / "runbook.yaml").unlink()
    said = project.ok("init").out
    assert "write the command of your tests into levels: in runbook.yaml, then: runbook check" in said
    assert said.split("next")[1].split()[:2] == ["runbook", "check"] and "morning-health-check" not in said, said
    (project.root / "runbook.yaml").unlink()
    project.write("tests/test_a.py", "def test_a(): pass\n")
    assert "runbook daily/morning-health-check" in project.ok("init").out


def test_init_as_json(project):
    (project.root / "runbook.yaml").unlink()
    document = project.ok("init", "--json").json
    assert document["path"] == str(project.root / "runbook.yaml") and document["findings"]
