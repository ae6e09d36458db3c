"""Which steps run: --from, --only, retry, resume, undo, always, each, parallel, call."""

from conftest import wait_for

THREE = """
runbook "Three" {}
step "First" { run = "echo first >> ledger" }
parallel "Both" { max = 1,
  step "Second" { run = "echo second >> ledger" },
  step "Third" { run = "echo third >> ledger" },
}
step "Fourth" { run = "echo fourth >> ledger" }
"""


def states(document):
    return {s["key"]: s["state"] for s in document["steps"]}


def ledger_after(project, *args):
    (project.root / "ledger").unlink(missing_ok=True)
    document = project.ok("demo/three", "--json", *args).json
    return project.ledger(), states(document)


def test_from_and_only_take_ids_and_numbers(project):
    project.runbook("demo/three", THREE)
    assert ledger_after(project)[0] == ["first", "second", "third", "fourth"]
    for step in ("both", "2"):
        ledger, state = ledger_after(project, "--from", step)
        assert ledger == ["second", "third", "fourth"] and state["first"] == "skipped"
    for step in ("third", "2.2"):
        ledger, state = ledger_after(project, "--only", step)
        assert ledger == ["third"]
        assert (state["first"], state["both"], state["both/second"], state["fourth"]) == ("skipped", "succeeded", "skipped", "skipped")


def test_a_step_that_does_not_exist_is_named(project):
    project.runbook("demo/three", THREE)
    for option in ("--from", "--only"):
        result = project.run("demo/three", option, "fith")
        assert result.exit == 2 and '"fith"' in result.err and "runbook show demo/three" in result.err, result
    assert project.ledger() == []


def test_retry_runs_the_failed_step_and_what_follows(project):
    project.runbook(
        "demo/mend",
        'runbook "M" {}\nstep "Before" { run = "echo before >> ledger" }\n'
        'step "Needs a file" { run = "echo try >> ledger; test -e mended" }\nstep "After" { run = "echo after >> ledger" }\n',
    )
    result = project.run("demo/mend")
    assert result.exit == 1
    line = next(l for l in result.out.splitlines() if "runbook retry" in l)
    project.write("mended", "")
    words = line.split("#")[0].split()
    assert words[0] == "runbook" and words[-1] == "needs_a_file"
    project.ok(*words[1:])
    assert project.ledger() == ["before", "try", "try", "after"]
    document = project.last_run()
    assert document["state"] == "succeeded"
    assert len(project.ok("history", "--json").json["runs"]) == 1


def test_retry_and_resume_refuse_what_makes_no_sense(project):
    project.runbook("demo/three", THREE)
    run = project.ok("demo/three", "--json").json["run"]
    assert project.run("resume", run).exit == 2
    assert project.run("retry", run, "fith").exit == 2
    assert project.run("cancel", run).exit == 2
    assert project.run("approve", run).exit == 2
    assert project.run("resume", run, "--assume", "maybe").exit == 2
    assert project.ledger() == ["first", "second", "third", "fourth"]


def test_automatic_retry_until_it_goes_well(project):
    project.runbook("demo/r", 'runbook "R" {}\nstep "Flaky" { run = "echo x >> ledger; test $(wc -l < ledger) = 3", '
                    'retry = { times = 5, delay = "1ms" } }\n')
    document = project.ok("demo/r", "--json").json
    assert document["steps"][0]["attempts"] == 3


def test_undo_goes_backwards_and_always_runs(project):
    project.runbook(
        "demo/u",
        """
runbook "U" {}
step "One" { run = "echo one >> ledger", undo = "echo undo-one >> ledger" }
step "Two" { run = "echo two >> ledger", undo = "echo undo-two >> ledger" }
step "Bad" { run = "exit 1", on_fail = "undo" }
step "Never" { run = "echo never >> ledger" }
step "Clean up" { always = true, run = "echo clean >> ledger" }
""",
    )
    document = project.run("demo/u", "--json").json
    assert document["exit"] == 1
    assert sorted(project.ledger()) == ["clean", "one", "two", "undo-one", "undo-two"]
    assert [x for x in project.ledger() if x != "clean"] == ["one", "two", "undo-two", "undo-one"]
    assert states(document)["one"] == "undone" and states(document)["never"] in ("pending", "skipped")


def test_each_runs_once_for_every_item(project):
    project.runbook("demo/e", 'runbook "E" {}\nstep "Visit" { each = { "a b", "c" }, run = [[echo "$item" >> ledger]] }\n')
    document = project.ok("demo/e", "--json").json
    assert (project.root / "ledger").read_text() == "a b\nc\n"
    assert [(s["id"], s["key"], s["parent"], s["item"]) for s in document["steps"]] == [
        ("visit", "visit", None, None),
        ("visit", "visit[1]", "visit", "a b"),
        ("visit", "visit[2]", "visit", "c"),
    ]
    text = project.ok("status", document["run"]).out
    assert "1[1]  ok    Visit: a b" in text and "1[2]  ok    Visit: c" in text
    assert project.ok("logs", document["run"], "1[2]").out == ""


def test_parallel_lets_the_others_finish(project):
    project.runbook(
        "demo/p",
        'runbook "P" {}\nparallel "Both" {\n step "Bad" { run = "exit 1" },\n step "Good" { run = "echo good >> ledger" },\n}\n'
        'step "After" { run = "echo after >> ledger" }\n',
    )
    document = project.run("demo/p", "--json").json
    assert document["exit"] == 1 and project.ledger() == ["good"]
    assert states(document) == {"both": "failed", "both/bad": "failed", "both/good": "succeeded", "after": "pending"}
    assert [(s["id"], s["parent"]) for s in document["steps"]][1] == ("bad", "both")


def test_parallel_really_runs_at_once(project):
    project.runbook(
        "demo/p",
        'runbook "P" {}\nparallel "Both" {\n step "A" { run = "mkfifo f; echo x > f" },\n'
        ' step "B" { run = "until [ -p f ]; do :; done; read y < f" },\n}\n',
    )
    project.ok("demo/p")


def test_a_call_is_a_run_of_its_own_and_its_facts_arrive(project):
    project.runbook("demo/child", 'runbook "C" {}\nparam "n" { default = 1 }\n'
                    'step "Measure" { run = "echo load=$n", capture = { load = "load=(%d+)" } }\n')
    project.runbook("demo/caller", 'runbook "D" {}\nstep "Ask it" { call = "demo/child", with = { n = 7 } }\n'
                    'step "Use" { when = "ask_it.load > 5", run = "echo used >> ledger" }\n')
    document = project.ok("demo/caller", "--json").json
    assert project.ledger() == ["used"] and document["facts"]["ask_it.load"] == 7
    child = document["steps"][0]["child_run"]
    assert [r["runbook"] for r in project.ok("history", "--json").json["runs"]] == ["demo/caller"]
    assert {r["run"] for r in project.ok("history", "--all", "--json").json["runs"]} == {document["run"], child}


def test_a_cyclic_call_is_refused_before_anything_runs(project):
    for a, b in (("one", "two"), ("two", "one")):
        project.runbook(f"demo/{a}", f'runbook "X" {{}}\nstep "S" {{ run = "touch ran" }}\nstep "T" {{ call = "demo/{b}" }}\n')
    result = project.run("demo/one")
    assert result.exit == 2 and "demo/two" in result.err, result
    assert not (project.root / "ran").exists()


def test_an_edit_of_a_done_step_stops_the_resume_until_accepted(project):
    text = 'runbook "M" {}\nstep "First" { run = "echo first >> ledger" }\nstep "Second" { run = "touch reached; exec sleep 60" }\n'
    project.runbook("demo/m", text)
    process = project.start("demo/m")
    wait_for((project.root / "reached").exists, "the second step")
    process.terminate()
    process.communicate(timeout=60)
    run = project.last_run()["run"]
    project.runbook("demo/m", text.replace("echo first", "echo changed").replace("exec sleep 60", "echo second >> ledger"))
    result = project.run("resume", run)
    assert result.exit == 2 and "First" in result.err + result.out and "--accept-changes" in result.err, result
    project.ok("resume", run, "--accept-changes", "--assume", "not-done")
    assert project.ledger() == ["first", "second"]


def test_from_and_only_exclude_each_other(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "A" { run = "echo a >> ledger" }\nstep "B" { run = "echo b >> ledger" }\n')
    result = project.run("demo/a", "--from", "b", "--only", "a")
    assert result.exit == 2 and "--only" in result.err and project.ledger() == [], result


def test_fail_fast_names_the_step_that_failed(project):
    project.runbook("demo/a", 'runbook "T" {}\nparallel "P" {\n  fail_fast = true,\n'
                    '  step "Slow" { run = "exec sleep 60" },\n  step "Bad" { run = "exit 3" },\n}\n')
    document = project.run("demo/a", "--json").json
    assert document["reason"] == 'step "P": 1 of 2 failed: Bad'
    assert [s["state"] for s in document["steps"]] == ["failed", "cancelled", "failed"]


def test_retry_behind_a_step_that_was_cancelled(project):
    project.runbook("demo/a", 'runbook "T" {}\nstep "Long" { run = "touch reached; exec sleep 60" }\n'
                    'step "After" { run = "echo after >> ledger" }\n')
    process = project.start("demo/a")
    wait_for((project.root / "reached").exists, "the step to run")
    run = project.ok("history", "--json").json["runs"][0]["run"]
    project.ok("cancel", run)
    process.communicate(timeout=60)
    result = project.run("retry", run, "after", "--json")
    assert result.exit == 1 and result.json["reason"] == 'step "Long": cancelled', result
    assert project.ledger() == ["after"]
