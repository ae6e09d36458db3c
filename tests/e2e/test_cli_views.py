"""Looking: list, show, status, history, logs, and the requests that other terminals make."""

import json
import os
import subprocess

import documents
from conftest import wait_for

SHELL = 'runbook "%s" {}\nstep "Say" { run = "echo %s" }\n'


def test_list_by_folder_with_prefix_and_one_bad_file(project):
    project.runbook("daily/backup", 'runbook "Backup" { priority = "high", schedule = "daily 02:00", budget = "30m" }\n')
    project.runbook("nightly/sweep", SHELL % ("Sweep", "x"))
    project.runbook("nightly/bad", 'runbook "Bad" {\n')
    text = project.ok("list").out
    assert "  daily/backup" in text and "high    Backup" in text and "nightly/bad" in text and "does not load" in text
    entries = {r["id"]: r for r in project.ok("list", "--json").json["runbooks"]}
    assert entries["daily/backup"]["budget"] == 1800 and entries["daily/backup"]["schedule"] == "daily 02:00"
    assert "bad.lua" in entries["nightly/bad"]["error"] and entries["nightly/sweep"]["error"] is None
    assert [r["id"] for r in project.ok("list", "nightly/", "--json").json["runbooks"]] == ["nightly/bad", "nightly/sweep"]
    assert "no runbook has such a name" in project.ok("list", "zzz").out


def test_shadowing_project_over_user_over_installed(project):
    user = project.home / ".config" / "runbook" / "runbooks" / "incident"
    user.mkdir(parents=True)
    (user / "test-failures.lua").write_text(SHELL % ("Mine", "mine"))
    (user / "own.lua").write_text(SHELL % ("Own", "own"))
    entries = {r["id"]: r for r in project.ok("list", "--json").json["runbooks"]}
    assert entries["incident/test-failures"]["title"] == "Mine"
    assert entries["incident/own"]["title"] == "Own" and entries["incident/own"]["shadows"] is None
    project.runbook("incident/test-failures", SHELL % ("Ours", "ours"))
    entry = {r["id"]: r for r in project.ok("list", "--json").json["runbooks"]}["incident/test-failures"]
    assert entry["title"] == "Ours" and str(user) in entry["shadows"]
    assert "hides" in project.ok("list").out
    project.ok("incident/test-failures")
    assert project.ok("logs", project.last_run()["run"], "say").out == "ours\n"


def test_show_says_everything_and_runs_nothing(project):
    project.runbook(
        "demo/all",
        """
runbook "Everything" { help = "All of it.", priority = "high", timeout = "1h" }
param "host" { default = "a", help = "where" }
step "Guard" { when = "host != 'x'", confirm = "Sure?", run = { "ping", "$host" }, check = "1 < 2", timeout = "5s", lock = "net" }
parallel "Both" { step "L" { run = "true" }, step "R" { manual = "Look." } }
step "Again" { each = { "x" }, run = "true", on_fail = "continue", always = true, undo = "false" }
""",
    )
    text = project.ok("show", "demo/all").out
    for wanted in ("Everything", "All of it.", "high", "--host", "where", " 1  Guard", "2.1  L", "2.2  R", "when      host",
                   "confirm   Sure?", "run       ping '$host'", "check     1 < 2", "timeout   5.0s", "lock      net",
                   "person    Look.", "undo      false"):
        assert wanted in text, (wanted, text)
    plan = project.ok("show", "demo/all", "--json").json
    assert [s["id"] for s in plan["steps"]] == ["guard", "both", "again"]
    assert [s["id"] for s in plan["steps"][1]["steps"]] == ["l", "r"]
    assert not (project.root / ".runbook").exists()


def test_history_filters(project):
    project.runbook("demo/good", SHELL % ("Good", "x"))
    project.runbook("demo/bad", 'runbook "Bad" {}\nstep "S" { run = "false" }\n')
    project.ok("demo/good")
    project.run("demo/bad")
    project.ok("demo/good")

    def ids(*args):
        return [r["runbook"] for r in project.ok("history", "--json", *args).json["runs"]]

    assert ids() == ["demo/good", "demo/bad", "demo/good"]
    assert ids("demo/bad") == ["demo/bad"] == ids("--state", "failed") == ids("-s", "failed")
    assert ids("--limit", "1") == ["demo/good"] and len(ids("--limit", "0")) == 3
    assert ids("--since", "1h") == ids() and ids("--until", "1h") == [] and ids("--since", "yesterday") == ids()
    assert ids("--state", "waiting") == []
    lines = project.ok("history").out.splitlines()
    assert len(lines) == 3 and all(len(line) <= 80 for line in lines)
    assert "failed" in lines[1] and "demo/bad" in lines[1]


def test_nothing_recorded_yet_is_not_an_error(project):
    assert "nothing" in project.ok("status").out
    assert project.ok("status", "--json").json["runs"] == []
    assert project.ok("history", "--json").json["runs"] == []
    assert project.ok("tests", "failing", "--json").json["cases"] == []
    assert not (project.root / ".runbook").exists()


def test_a_run_is_named_by_any_unique_prefix(project):
    project.runbook("demo/good", SHELL % ("Good", "x"))
    project.ok("demo/good")
    project.ok("demo/good")
    one, two = [r["run"] for r in project.ok("history", "--json").json["runs"]]
    assert one[:12] != two[:12]
    assert project.ok("status", one[:12], "--json").json["run"] == one
    common = os.path.commonprefix([one, two])
    result = project.run("status", common)
    assert result.exit == 2 and common in result.err, result


def test_status_of_what_runs_and_what_waits(project):
    project.runbook("demo/wait", 'runbook "W" {}\nstep "S" { manual = "Pull the plug." }\n')
    project.runbook("demo/long", 'runbook "L" {}\nstep "S" { run = "touch reached; exec sleep 60" }\n')
    assert project.run("demo/wait").exit == 3
    process = project.start("demo/long")
    wait_for((project.root / "reached").exists, "the step")
    runs = project.ok("status", "--json").json["runs"]
    assert [(r["runbook"], r["state"], r["exit"]) for r in runs] == [("demo/long", "running", None), ("demo/wait", "waiting", 3)]
    assert runs[1]["waiting_for"][0]["question"] == "Pull the plug."
    text = project.ok("status").out
    assert "demo/long" in text and "running" in text and "Pull the plug." in text
    document = project.ok("status", runs[0]["run"], "--json").json
    assert document["steps"][0]["state"] == "running" and document["exit"] is None
    project.ok("cancel", runs[1]["run"])
    assert project.ok("status", runs[1]["run"], "--json").json["state"] == "cancelled"
    project.ok("cancel", runs[0]["run"])
    assert process.wait(timeout=60) == 130
    assert project.ok("status", "--json").json["runs"] == []


def test_logs_of_one_step_with_times_and_as_json(project):
    project.runbook("demo/l", 'runbook "L" {}\nstep "One" { run = "echo a; echo b >&2" }\nstep "Two" { run = "echo c" }\nstep "Mute" { run = "true" }\n')
    run = project.ok("demo/l", "--json").json["run"]
    assert project.ok("logs", run, "two").out == "c\n" == project.ok("logs", run, "2").out
    assert project.ok("logs", run).out == "== One\na\nb\n== Two\nc\n"
    assert project.ok("logs", run, "mute").out == "" and "printed nothing" in project.ok("logs", run, "mute").err
    assert project.run("logs", run, "three").exit == 2
    line = project.ok("logs", run, "two", "-t").out
    assert line[2] == line[5] == ":" and line.endswith("  c\n")
    lines = [documents.validate(json.loads(l), "runbook.log/1") for l in project.ok("logs", run, "--json").out.splitlines()]
    assert sorted((l["step"], l["stream"], l["text"]) for l in lines) == [
        ("one", "stderr", "b"),
        ("one", "stdout", "a"),
        ("two", "stdout", "c"),
    ]


def test_logs_follow_a_run_to_its_end(project):
    project.runbook("demo/l", 'runbook "L" {}\nstep "One" { run = "echo begun; touch reached; until [ -e go ]; do sleep 0.02; done; echo over" }\n'
                    'step "Two" { run = "echo last" }\n')
    process = project.start("demo/l")
    wait_for((project.root / "reached").exists, "the step")
    run = project.ok("status", "--json").json["runs"][0]["run"]
    follow = project.start("logs", "-f", run)
    assert follow.stdout.readline() == "== One\n" and follow.stdout.readline() == "begun\n"
    project.write("go", "")
    out, _ = follow.communicate(timeout=60)
    assert out == "over\n== Two\nlast\n" and follow.returncode == 0
    process.communicate(timeout=60)


def test_what_two_projects_record_stays_apart(project, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "runbook.yaml").write_text("project: o\n")
    project.runbook("demo/good", SHELL % ("Good", "x"))
    project.ok("demo/good")
    assert project.ok("history", "--json", cwd=other).json["runs"] == []


def test_facts_and_params_are_in_base_units(project):
    project.runbook(
        "demo/f",
        'runbook "F" {}\nparam "wait" { default = "2h", type = "duration" }\nparam "room" { default = "2GB", type = "size" }\n'
        'step "Measure" { run = "echo used=5% t=3s", capture = { used = "used=(%S+)", t = "t=(%S+)" } }\n'
        'step "Empty" { run = function(ctx) ctx:set("nothing", no_data) end, check = "nothing < 5" }\n',
    )
    document = project.ok("demo/f", "--json").json
    assert document["params"] == {"wait": 7200, "room": 2000000000}
    assert document["facts"] == {"used": 0.05, "t": 3, "nothing": "no data"}
    assert document["steps"][1]["checks"][0]["result"] == "unknown"
    assert document["started"].endswith("Z") and document["started"][:2] == "20"


def test_stdout_is_the_result_and_stderr_the_talk(project):
    project.runbook("demo/bad", 'runbook "B" {}\nstep "S" { run = "echo to-out; echo to-err >&2; false" }\n')
    result = project.run("demo/bad")
    assert result.err == "" and "to-err" in result.out
    result = project.run("demo/bad", "--json")
    assert result.err == "" and result.json["state"] == "failed"


def test_output_into_a_closed_pipe_ends_quietly(project):
    project.runbook("demo/good", SHELL % ("Good", "x"))
    for _ in range(3):
        project.ok("demo/good")
    done = subprocess.run(
        ["sh", "-c", '"$0" history | head -1; "$0" list | head -1', project.command()[0]],
        cwd=project.root, env=project.environ, capture_output=True, text=True, check=True, timeout=60,
    )
    assert done.stderr == ""


def test_status_as_json_is_one_document_however_long(project):
    items = ", ".join(f'"é{number}"' for number in range(300))
    project.runbook("demo/inner", 'runbook "I" {}\nstep "In" { run = "true" }\n')
    project.runbook(
        "demo/long",
        f'runbook "L" {{}}\nstep "All" {{ each = {{ {items} }}, max = 4, run = {{ "true" }} }}\n'
        'parallel "Both" { step "A" { run = "true" }, step "B" { call = "demo/inner" } }\n'
        'step "Ask" { confirm = "Go on?", run = "true" }\nstep "Last" { run = "true" }\n',
    )
    assert project.run("demo/long").exit == 3
    run = project.ok("history", "--json").json["runs"][0]["run"]
    text = project.ok("status", run, "--json").out
    document = documents.validate(json.loads(text))
    assert text == json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    keys = [step["key"] for step in document["steps"]]
    assert keys == ["all", *(f"all[{n}]" for n in range(1, 301)), "both", "both/a", "both/b", "ask", "last"], keys
    assert [step["item"] for step in document["steps"][1:301]] == [f"é{n}" for n in range(300)]


def test_status_as_json_of_a_run_without_steps(project):
    project.runbook("demo/none", 'runbook "N" {}\n')
    project.ok("demo/none")
    text = project.ok("status", project.ok("history", "--json").json["runs"][0]["run"], "--json").out
    assert text == json.dumps(documents.validate(json.loads(text)), indent=2) + "\n" and json.loads(text)["steps"] == []
