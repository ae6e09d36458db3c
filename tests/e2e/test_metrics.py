"""Metrics: recorded by people and by the engine, asked for, drawn, exported and imported."""

import json
import shutil
import sqlite3
import subprocess
import time

import pytest
from conftest import kill, wait_for

STEPS = """
runbook "Work" {}
step "Make" { run = { "echo", "n=7" }, capture = { n = "n=(%d+)" }, check = "n > 3" }
step "Never" { when = "1 > 2", run = "true" }
"""


def points(project, *args):
    series = project.ok("metrics", "query", *args, "--json").json["series"]
    return {json.dumps(s["labels"], sort_keys=True): s["points"] for s in series}


def test_record_and_query(project):
    hour = int(time.time()) // 3600 * 3600 - 48 * 3600
    start = hour * 1000

    def at(minute):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(hour + 60 * minute))

    for minute, value in ((0, "1"), (20, "2"), (40, "6"), (60, "-4.5")):
        project.ok("metrics", "record", "depth", value, "queue=mail", "--at", at(minute))
    project.ok("metrics", "record", "depth", "100", "queue=web", "--at", at(0))
    mail, web = '{"queue": "mail"}', '{"queue": "web"}'
    every = ("--since", at(0), "--until", at(600))
    raw = points(project, "depth", *every)
    assert raw[mail] == [[start, 1], [start + 1200000, 2], [start + 2400000, 6], [start + 3600000, -4.5]]
    assert raw[web] == [[start, 100]]
    assert list(points(project, "depth", "queue=web", *every)) == [web]
    hourly = points(project, "depth", "queue=mail", *every, "--agg", "max", "--step", "1h")
    assert hourly[mail] == [[start, 6], [start + 3600000, -4.5]]
    assert points(project, "depth", *every, "--agg", "count", "--by", "none") == {"{}": [[start, 5]]}
    assert points(project, "depth", "--since", at(30), "--until", at(60)) == {
        mail: [[start + 2400000, 6]]
    }
    assert points(project, "nothing") == {}


def test_units_are_kept(project):
    project.ok("metrics", "record", "took", "1m30s")
    project.ok("metrics", "record", "rate", "95%")
    found = {s["name"]: s for s in project.ok("metrics", "list", "--json").json["series"]}
    assert (found["took"]["unit"], found["took"]["last"]) == ("seconds", 90)
    assert (found["rate"]["unit"], found["rate"]["last"]) == ("ratio", 0.95)
    assert "1m 30s" in project.ok("metrics", "list").out


def test_a_metric_has_one_unit(project):
    project.ok("metrics", "record", "q", "42")
    project.ok("metrics", "record", "took", "42s")
    for args, said in (
        (("q", "42s"), "q has no unit"),
        (("q", "5%"), "ratio"),
        (("took", "42"), "42s"),
        (("took", "2GB"), "prune took --before now"),
    ):
        refused = project.run("metrics", "record", *args)
        assert refused.exit == 2 and said in refused.err, refused
    project.write("m.txt", "# TYPE q_seconds gauge\n# UNIT q_seconds seconds\nq_seconds 1\n# EOF\n")
    project.ok("metrics", "record", "q_seconds", "7B")
    refused = project.run("metrics", "import", "m.txt")
    assert refused.exit == 2 and "m.txt: q_seconds is measured in bytes" in refused.err, refused
    project.write("m.txt", "took 7\nsleep_seconds_total 8\n")  # says no unit
    project.ok("metrics", "import", "m.txt")
    project.ok("metrics", "record", "took", "0")
    found = {s["name"]: s for s in project.ok("metrics", "list", "--json").json["series"]}
    assert [(n, found[n]["unit"], found[n]["count"]) for n in ("q", "took", "q_seconds", "sleep_seconds_total")] == [
        ("q", "number", 1),
        ("took", "seconds", 3),
        ("q_seconds", "bytes", 1),
        ("sleep_seconds_total", "seconds", 1),
    ]
    project.ok("metrics", "prune", "q", "--before", "now")
    project.ok("metrics", "record", "q", "42s")


def test_a_plain_number_has_the_unit_of_the_name(project):
    project.ok("metrics", "record", "wait_seconds", "4")
    project.ok("metrics", "record", "wait_seconds", "4s")
    assert project.run("metrics", "record", "wait_seconds", "4B").exit == 2
    assert project.ok("metrics", "list", "--json").json["series"][0]["unit"] == "seconds"


def test_the_engine_measures_every_run(project):
    project.runbook("demo/work", STEPS)
    project.ok("demo/work")
    names = {(s["name"], s["labels"].get("step")): s for s in project.ok("metrics", "list", "--json").json["series"]}
    assert names["runbook_step_exit_code", "make"]["last"] == 0
    assert names["runbook_step_duration_seconds", "make"]["kind"] == "duration"
    assert names["runbook_step_memory_bytes", "make"]["last"] > 0
    assert names["runbook_command_cpu_seconds", "make"]["count"] == 1
    assert names["runbook_check_value", "make"]["last"] == 7
    assert names["runbook_check_value", "make"]["labels"]["check"] == "n > 3"
    assert names["runbook_run_duration_seconds", None]["count"] == 1
    assert not any(step == "never" for _, step in names)
    project.ok("demo/work")
    assert len(points(project, "runbook_run_exit_code")['{"runbook": "demo/work"}']) == 2


def test_only_steps_that_ended_by_themselves_say_how_long_one_takes(project):
    def reached():
        return (project.root / "reached").exists()

    def begin():
        (project.root / "reached").unlink(missing_ok=True)
        process = project.start("demo/long")
        wait_for(reached, "the step to run")
        return process

    project.runbook("demo/long", 'runbook "L" {}\nstep "S" { run = "touch reached; until test -e let_go; do sleep 0.05; done" }\n')
    taken = begin()
    kill(taken)
    run = project.last_run()["run"]
    done = project.ok("resume", run, "--assume", "done", "--json").json["steps"][0]
    assert (done["state"], done["duration_ms"]) == ("succeeded", None), done
    stopped = begin()
    project.ok("cancel", project.last_run()["run"])
    stopped.communicate(timeout=60)
    assert project.last_run()["state"] == "cancelled"
    assert points(project, "runbook_step_duration_seconds") == {}
    project.write("let_go", "")
    project.ok("demo/long")
    ((_, measured),) = points(project, "runbook_step_duration_seconds").items()
    assert len(measured) == 1


def test_a_chart_fits_eighty_columns(project):
    for hour in range(1, 13):
        project.ok("metrics", "record", "took", f"{hour}s", "level=unit", "--at", f"{hour}h")
    text = project.ok("metrics", "query", "took", "--limit", "8s").out
    assert "took" in text and "-limit-" in text and "12 points" in text
    assert max(len(line) for line in text.splitlines()) <= 80
    project.ok("metrics", "record", "took", "3s", "level=smoke")
    text = project.ok("metrics", "query", "took").out
    assert 'level="smoke"' in text and 'level="unit"' in text and "█" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_trend_and_forecast(project):
    for day in range(1, 21):
        project.ok("metrics", "record", "disk", str(1000 - day * 10), "--at", f"{day}d")
    row = project.ok("metrics", "trend", "disk", "--limit", "1100", "--json").json["series"][0]
    assert row["direction"] == "rising" and abs(row["per_day"] - 10) < 0.1 and row["limit_reached_ms"]
    assert "rising" in project.ok("metrics", "trend", "disk").out


def test_a_limit_has_the_unit_of_the_metric(project):
    for day in range(9, 0, -1):
        project.ok("metrics", "record", "disk_used", f"{400 - 4 * day}GB", "--at", f"{day * 24}h")
        project.ok("metrics", "record", "free", f"{100 + 4 * day}GB", "--at", f"{day * 24}h")
    for word in ("query", "trend"):
        for limit in ("500", "10s"):
            refused = project.run("metrics", word, "disk_used", "--since", "30d", "--limit", limit)
            assert refused.exit == 2 and "write it as 500GB" in refused.err, refused
    assert "reached about" in project.ok("metrics", "trend", "disk_used", "--limit", "500GB").out
    assert "at 396GB and goes away" in project.ok("metrics", "trend", "disk_used", "--limit", "390GB").out
    assert "at 104GB and goes away" in project.ok("metrics", "trend", "free", "--limit", "9TB").out
    assert "not reached within ten years" in project.ok("metrics", "trend", "disk_used", "--limit", "900TB").out
    project.ok("metrics", "record", "once", "5")
    assert "too few points to say" in project.ok("metrics", "trend", "once", "--limit", "7").out
    assert "5ms" in project.run("metrics", "record", "took", "5", "ms").err


def test_export_and_import(project, tmp_path):
    for hour in range(1, 4):
        project.ok("metrics", "record", "wait_seconds", f"{hour}.25s", 'path=/a"b\\c', "--at", f"{hour}h")
    newest = project.ok("metrics", "export").out
    assert newest.endswith("# EOF\n") and newest.count("\nwait_seconds{") == 1
    whole = project.ok("metrics", "export", "--since", "1d").out
    file = project.write("m.txt", whole)
    other = ("--state", str(tmp_path / "other"))
    assert project.ok(*other, "metrics", "import", str(file), "--json").json["files"][0]["samples"] == 3
    assert project.ok(*other, "metrics", "export", "--since", "1d").out == whole
    project.write("bad.txt", "a 1\nb{x=1} 2\n")
    refused = project.run("metrics", "import", "bad.txt")
    assert refused.exit == 2 and "bad.txt:2:5" in refused.err
    assert points(project, "a") == {}


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (Debian's prometheus) is not installed")
@pytest.mark.parametrize("form", ["openmetrics", "prometheus"])
def test_promtool_finds_nothing(project, form):
    project.runbook("demo/work", STEPS)
    project.ok("demo/work")
    project.ok("metrics", "record", "queue_size", "4", "queue=mail")
    text = project.ok("metrics", "export", "--format", form).out
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_textfile_collector_gets_whole_files(project):
    project.ok("metrics", "record", "up", "1")
    project.ok("metrics", "export", "-o", "out.prom")
    text = (project.root / "out.prom").read_text()
    assert text == "# HELP up What was recorded as up.\n# TYPE up gauge\nup 1\n"
    assert (project.root / "out.prom").stat().st_mode & 0o777 == 0o644


def test_prune_by_configuration_and_by_hand(project):
    project.write("runbook.yaml", "project: x\nmetrics: {retention: 10d}\n")
    for days in (1, 5, 20):
        project.ok("metrics", "record", "m", str(days), "--at", f"{days}d")
    assert project.ok("metrics", "prune", "--json").json["removed"] == 1
    assert project.ok("metrics", "prune", "m", "--before", "3d", "--json").json["removed"] == 1
    assert [v for _, v in points(project, "m", "--since", "90d")["{}"]] == [1]


def minutes(name, days, labels=""):
    """OpenMetrics text: a sample for each minute of so many days until now, values 0 to 59 in turn."""
    now = int(time.time()) // 60 * 60
    times = range(now - days * 86400, now, 60)
    return f"# TYPE {name} gauge\n" + "".join(f"{name}{labels} {at // 60 % 60} {at}\n" for at in times) + "# EOF\n"


def test_old_samples_are_rolled_up_and_go_by_themselves(project):
    config = "project: x\nmetrics:\n  retention: 30d\n  rollup: {5m: 2d, 1h: 10d}\n"
    project.write("runbook.yaml", "project: x\n")
    project.write("m.txt", minutes("load", 20))
    project.ok("metrics", "import", "m.txt")
    hour = int(time.time()) // 3600 * 3600
    since, until = (time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(hour - days * 86400)) for days in (19, 1))
    hourly = ("load", "--since", since, "--until", until, "--step", "1h", "--agg")
    before = {agg: points(project, *hourly, agg)["{}"] for agg in ("min", "max", "avg", "sum", "count", "last", "p95")}
    size = len(points(project, "load", "--since", since, "--until", until)["{}"])
    project.write("runbook.yaml", config)
    project.runbook("demo/work", STEPS)
    project.ok("demo/work")  # does a moment's worth of it
    assert len(points(project, "load", "--since", since, "--until", until)["{}"]) < size
    project.ok("metrics", "prune")
    assert len(points(project, "load", "--since", since)["{}"]) < 3 * 1440 + 8 * 288 + 10 * 24 + 60
    for agg, rows in before.items():
        after = points(project, *hourly, agg)["{}"]
        assert [at for at, _ in after] == [at for at, _ in rows]
        tolerance = 0.05 if agg == "p95" else 1e-9
        assert [v for _, v in after] == pytest.approx([v for _, v in rows], rel=tolerance), agg
    project.write("runbook.yaml", config.replace("30d", "5d").replace(", 1h: 10d", ""))
    assert project.ok("metrics", "prune", "--json").json["removed"] > 14 * 1440
    oldest = points(project, "load", "--since", "19d")["{}"][0][0]
    assert oldest >= (time.time() - 5 * 86400 - 3600) * 1000


@pytest.mark.parametrize(
    "rollup, said",
    [
        ("{soon: 30d}", "length of a window"),
        ("{5m: 30d, 7m: 60d}", "multiple"),
        ("{5m: 60d, 1h: 30d}", "begins no later"),
        ("{5m: often}", "duration"),
        ("5m", "rollup"),
    ],
)
def test_a_rollup_that_cannot_be_is_refused(project, rollup, said):
    project.write("runbook.yaml", f"project: x\nmetrics: {{rollup: {rollup}}}\n")
    refused = project.run("metrics", "prune")
    assert refused.exit == 2 and said in refused.err and "runbook.yaml:2:" in refused.err


def damage(project, where):
    """Spoils the bytes of chunks."""
    db = sqlite3.connect(project.root / ".runbook" / "state.db")
    with db:
        db.execute(f"UPDATE metric_chunks SET data = x'00ff' WHERE id IN (SELECT id FROM metric_chunks {where})")
    db.close()


def test_one_damaged_chunk_stops_nothing(project):
    base = int(time.time()) - 60 * 86400
    lines = [f"depth {i % 50} {base + 60 * i}" for i in range(10000)] + [f"other 7 {base + 60 * i}" for i in range(100)]
    project.write("m.txt", "\n".join(lines) + "\n# EOF\n")
    project.ok("metrics", "import", "m.txt")
    assert "every stored sample can be read" in project.ok("doctor").out
    damage(project, "ORDER BY id LIMIT 1")
    asked = project.ok("metrics", "query", "depth", "--since", "90d", "--json")
    assert len(asked.json["series"][0]["points"]) == 10000 - 4096
    assert "4096 stored samples" in asked.err and "runbook doctor" in asked.err
    assert project.ok("metrics", "query", "other", "--since", "90d").err == ""
    for words in (("list",), ("trend", "depth", "--since", "90d"), ("export", "depth", "--since", "90d")):
        project.ok("metrics", *words)
    examined = project.ok("doctor")
    assert "4096 samples of depth" in examined.out and "metrics prune depth" in examined.out, examined
    project.write("runbook.yaml", "project: x\nmetrics: {retention: 400d, rollup: {1h: 30d}}\n")
    done = project.ok("metrics", "prune")
    assert "4096 stored samples" in done.err and "set aside" in done.err
    assert project.ok("metrics", "prune").err == ""  # told once
    assert project.ok("metrics", "query", "depth", "--since", "90d", "--agg", "count", "--json").json["series"][0]["points"][0][1] == 5904
    assert "4096 samples of depth" in project.ok("doctor").out
    project.ok("metrics", "prune", "depth", "--before", "now")
    assert "every stored sample can be read" in project.ok("doctor").out
    assert [s["name"] for s in project.ok("metrics", "list", "--json").json["series"]] == ["other"]


def test_a_damaged_newest_chunk_takes_no_more_and_hides_nothing(project):
    now = int(time.time())
    old, new = (f"depth {i} {now - 9000 + i}" for i in range(5000)), (f"depth 1 {now - 10 + i}" for i in range(5))
    for lines in (old, new):
        project.write("m.txt", "\n".join(lines) + "\n# EOF\n")
        project.ok("metrics", "import", "m.txt")
        damage(project, "ORDER BY id DESC LIMIT 1") if lines is old else None
    found = project.ok("metrics", "list", "--json").json["series"][0]
    assert (found["last"], found["count"]) == (1, 4096 + 5)
    damage(project, "ORDER BY id DESC LIMIT 1")
    found = project.ok("metrics", "list", "--json").json["series"][0]
    assert found["last"] == 4095
    assert "909 samples of depth" in project.ok("doctor").out


def test_what_is_too_old_is_not_imported_silently(project):
    project.write("runbook.yaml", "project: x\nmetrics: {retention: 10d}\n")
    project.write("m.txt", minutes("load", 12))
    assert "not kept" in project.ok("metrics", "import", "m.txt").err


def test_sla_from_what_was_measured(project):
    project.write("runbook.yaml", "project: x\nlevels:\n  quick: {runner: junit, command: \"true\", report: r.xml, target: 10s, max: 20s}\nsla:\n  depth: {target: 10, alert: 50, better: lower}\n")
    rows = {r["name"]: r for r in project.ok("metrics", "sla", "--json").json["metrics"]}
    assert rows["depth"]["state"] == rows["pass_rate"]["state"] == "no data"
    for value, state in ((5, "met"), (20, "missed"), (80, "alert")):
        project.ok("metrics", "record", "depth", str(value))
        rows = {r["name"]: r for r in project.ok("metrics", "sla", "--json").json["metrics"]}
        assert (rows["depth"]["value"], rows["depth"]["state"]) == (value, state)
    project.ok("metrics", "record", "tests_duration_seconds", "15s", "level=quick")
    rows = {r["name"]: r for r in project.ok("metrics", "sla", "--json").json["metrics"]}
    assert (rows["level quick"]["target"], rows["level quick"]["state"]) == (10, "missed")
    project.ok("metrics", "record", "sla_pass_rate", "99%")
    text = project.ok("metrics", "sla").out
    assert "alert" in text and "99%" in text and "no data" in text


def test_where_the_sla_goes(project):
    names = ("more", "less", "flat", "noise", "once", "twice", "never", "old")
    project.write("runbook.yaml", "project: x\nsla:\n" + "".join(f"  {n}: {{target: 100, better: lower}}\n" for n in names))
    noon, samples = time.time() // 86400 * 86400, []  # days are those of UTC
    for day in range(20, 0, -1):
        wander = day * 7 % 5  # no trend of its own
        samples += [f"{n} {v} {noon - day * 86400}" for n, v in (
            ("more", 50 - day + wander / 5), ("less", day + wander / 5), ("flat", 0.37), ("noise", 50 + wander))]
    samples += [f"once {v} {noon - 60 * v}" for v in range(9)]  # many samples, one day
    samples += [f"twice {day} {noon - day * 86400}" for day in (1, 2)]
    samples += [f"old {day} {noon - day * 86400}" for day in range(31, 60)]
    project.write("m.txt", "\n".join(samples) + "\n# EOF\n")
    project.ok("metrics", "import", "m.txt")
    rows = {r["name"]: r for r in project.ok("metrics", "sla", "--json").json["metrics"]}
    assert {n: rows[n]["trend"] for n in names} == {
        "more": "worse", "less": "better", "flat": "steady", "noise": "steady",
        "once": "new", "twice": "new", "never": "no data", "old": "no data",
    }
    assert (rows["never"]["state"], rows["old"]["value"]) == ("no data", "no data")


def test_limits_beside_the_highest_of_a_day(project):
    project.write("runbook.yaml", "project: x\nlimits: {memory: {process: 100MB, total: 0}, database_connections: 20}\n")

    def row(name):
        rows = {r["name"]: r for r in project.ok("metrics", "sla", "--json").json["metrics"]}
        return rows.get("limits." + name)

    assert row("memory.total") is None  # 0 is no limit
    assert row("memory.process")["state"] == row("llm_calls")["trend"] == "no data"
    assert (row("llm_calls")["target"], row("memory.database")["target"]) == (5, 10**9)
    project.runbook("demo/work", STEPS)
    project.ok("demo/work")
    assert (row("memory.process")["state"], row("memory.process")["better"]) == ("met", "lower")
    assert 0 < row("memory.process")["value"] < 100e6
    for day in range(9, -1, -1):
        for value in (30 - day, 2):
            project.ok("metrics", "record", "database_connections", str(value), "--at", f"{day * 24 + 1}h")
    assert row("database_connections")["value"] in (29, 30)  # yesterday's when it is just after midnight
    assert (row("database_connections")["state"], row("database_connections")["trend"]) == ("missed", "worse")
    text = project.ok("metrics", "sla").out
    assert "limits\n" in text and "20" in text and max(len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize(
    "args, said",
    [
        (("record", "a.b", "1"), "a_b"),
        (("record", "a", "much"), "much"),
        (("record", "a", "1", "oops"), "name=value"),
        (("record", "a", "inf"), "finite"),
        (("query", "a", "--agg", "avgg"), "did you mean avg?"),
        (("query", "a", "--step", "soon"), "--step"),
        (("query", "a", "--since", "1h", "--until", "2h"), "--until"),
        (("query", "level=unit"), "name of a metric"),
        (("export", "--format", "xml"), "openmetrics"),
        (("qurey", "a"), "did you mean `runbook metrics query`?"),
        (("record", "a", "1", "__name__=b"), "reserved"),
    ],
)
def test_mistakes_are_told_and_nothing_is_done(project, args, said):
    refused = project.run("metrics", *args)
    assert refused.exit == 2 and said in refused.err, refused


@pytest.mark.parametrize(
    "args, said",
    [
        (("query", "depht"), "did you mean depth?"),
        (("query", "depht", "--json"), "did you mean depth?"),
        (("trend", "depht"), "did you mean depth?"),
        (("export", "depht"), "did you mean depth?"),
        (("list", "depht"), "did you mean depth?"),
        (("prune", "depht", "--before", "now"), "did you mean depth?"),
        (("query", "queue"), "`runbook metrics list`"),
        (("query", "depth", "queu=mail"), 'depth has no label "queu"\n  did you mean queue?'),
        (("query", "depth", "queue=mial"), 'no depth has queue="mial"\n  did you mean mail?'),
        (("query", "depth", "queue=x"), "there is: mail, web"),
        (("query", "depth", "queue=mail", "host=b"), "`runbook metrics list depth`"),
        (("query", "depth", "queue=mail", "--since", "1d"), "the newest is of 20"),
    ],
)
def test_what_was_meant_is_told(project, args, said):
    project.ok("metrics", "record", "depth", "1", "queue=mail", "host=a", "--at", "50d")
    project.ok("metrics", "record", "depth", "1", "queue=web", "host=b")
    asked = project.ok("metrics", *args)  # what was not measured is no data, not an error
    assert said in asked.err, asked
    assert len(project.ok("metrics", "list", "--json").json["series"]) == 2


def test_the_list_fits_a_terminal(project):
    labels = [f"{name}=a/name/as/long/as/they/are" for name in ("runbook", "step", "check")]
    project.ok("metrics", "record", "runbook_step_duration_seconds", "90", *labels)
    lines = project.ok("metrics", "list").out.splitlines()
    assert len(lines) == 3 and max(map(len, lines)) <= 80, lines
    assert "1m 30s" in lines[0] and 'runbook="a/name/as/long/as/they/are",' in lines[1] and "step=" in lines[2]
    assert project.ok("metrics", "list").out.replace("\n", "").count("a/name/as/long/as/they/are") == 3


def test_a_test_run_is_measured(project):
    project.write("good.xml", '<testsuite name="s"><testcase name="a"/><testcase name="b"/></testsuite>')
    project.write(
        "runbook.yaml",
        "project: x\nlevels:\n  quick: {runner: junit, command: cp good.xml r.xml, report: r.xml, target: 10s}\n"
        "services:\n  db: {check: 'true'}\n",
    )
    project.ok("tests", "run", "quick")
    project.runbook("demo/services", 'runbook "Services" {}\nstep "Up?" { run = services.check {} }\n')
    project.ok("demo/services")
    found = {(s["name"], s["labels"].get("level")): s for s in project.ok("metrics", "list", "--json").json["series"]}
    assert found["tests_passed", "quick"]["last"] == 2
    assert found["tests_pass_rate", "quick"]["last"] == 1
    assert found["tests_duration_seconds", "quick"]["unit"] == "seconds"
    assert found["service_up", None]["labels"] == {"service": "db"} and found["service_up", None]["last"] == 1
    rows = {r["name"]: r for r in project.ok("metrics", "sla", "--json").json["metrics"]}
    assert rows["pass_rate"]["state"] == rows["level quick"]["state"] == "met"
    assert list(points(project, "service_up", "--agg", "avg", "--by", "service")) == ['{"service": "db"}']
    project.run("daily/morning-health-check")
    assert points(project, "sla_uptime")["{}"][-1][1] == 1


def test_a_store_without_metrics_is_brought_up_to_date_by_looking(project):
    project.runbook("demo/work", STEPS)
    project.ok("demo/work")
    with sqlite3.connect(project.root / ".runbook" / "state.db") as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'metric%'").fetchall():
            db.execute(f"DROP TABLE {name}")
        (steps,) = db.execute("DELETE FROM schema_versions WHERE room = 'metrics' RETURNING version").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version = {version - steps}")
    assert len(project.ok("history", "--json").json["runs"]) == 1
    assert project.ok("metrics", "list", "--json").json["series"] == []


def test_the_morning_shows_the_sla_and_where_it_goes(project):
    project.write("good.xml", '<testsuite name="s"><testcase name="a"/><testcase name="b"/></testsuite>')
    project.write(
        "runbook.yaml",
        "project: x\nlevels:\n  smoke: {runner: junit, command: cp good.xml r.xml, report: r.xml, target: 10s}\n"
        "services:\n  db: {check: 'true'}\n",
    )
    lines = []
    for days in range(14, 0, -1):  # several days, as the runbook itself would have measured them
        at = time.time() - days * 86400
        wander = days % 3 / 1000
        lines.append(f"sla_pass_rate {0.99 - days / 200 + wander} {at:.3f}")
        lines.append(f"sla_coverage {0.7 + days / 100 + wander} {at:.3f}")
        lines.append(f"sla_flaky_rate {0.01 + wander} {at:.3f}")
        lines.append(f'service_up{{service="db"}} {int(days != 3)} {at:.3f}')
    project.write("history.txt", "\n".join(sorted(lines)) + "\n# EOF\n")
    project.ok("metrics", "import", "history.txt")
    text = project.run("daily/morning-health-check").out

    def row(name):
        return next(line for line in text.splitlines() if line.split()[:1] == [name])

    assert "100%" in row("pass_rate") and "met" in row("pass_rate") and row("pass_rate").endswith("better")
    assert "71" in row("coverage") and row("coverage").endswith("worse")  # not measured today: what it last was
    assert row("flaky_rate").endswith("steady")
    assert row("execution_time").endswith("new")  # one day is no trend
    assert "alert" in row("uptime") and "83.3%" in row("uptime")
    shown = {r["name"]: r for r in project.ok("metrics", "sla", "--json").json["metrics"]}
    assert (shown["pass_rate"]["trend"], shown["coverage"]["trend"]) == ("better", "worse")
    assert shown["coverage"]["value"] == pytest.approx(0.711)
    assert len(points(project, "sla_coverage", "--since", "30d")["{}"]) == 14  # the old value is not measured anew
