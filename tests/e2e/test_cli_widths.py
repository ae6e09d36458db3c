"""On narrow terminals and with long or wide titles nothing is lost; in a pipe nothing is broken."""

import re
import unicodedata

import pytest

LONG = "Bring the replica of the reporting database up again and wait for it to follow the primary"
WIDE = "夜中の三時に読む人のための手順書です" * 4
CONDITION = "where == 'in one of the usual places'"


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def words(text):
    """The text as it was before lines were broken."""
    return re.sub(r"\s+", " ", text)


def shown(project, *args, width):
    terminal = project.terminal(*args, columns=width)
    assert terminal.end() == 0
    return terminal.text


@pytest.fixture
def titled(project):
    project.runbook("restore/reporting-replica", f'runbook "{LONG}" {{ priority = "critical" }}\n')
    project.runbook("restore/wide", f'runbook "{WIDE}" {{ priority = "medium" }}\nstep "{WIDE}" {{ run = "true" }}\n')
    return project


@pytest.mark.parametrize("width", [30, 40, 80, 132])
def test_a_list_is_whole_at_any_width(titled, width):
    text = shown(titled, "list", "restore/", width=width)
    assert words(LONG) in words(text) and WIDE in re.sub(r"\s", "", text)
    assert re.search(r"restore/reporting-replica +critical", text), text
    assert "..." not in text
    assert all(columns(line) <= max(width, 37) for line in text.splitlines()), text  # id and priority stay on one line


def test_a_list_in_a_pipe_is_a_line_for_each(titled):
    lines = titled.ok("list", "restore/").out.splitlines()
    assert lines == [
        "restore",
        f"  restore/reporting-replica  critical  {LONG}",
        f"  restore/wide               medium    {WIDE}",
    ]


@pytest.mark.parametrize("width", [40, 80])
def test_show_breaks_between_words(project, width):
    project.runbook(
        "demo/long",
        f'runbook "{LONG}" {{ help = "{LONG}" }}\nstep "{LONG}" {{ note = "{LONG}", run = "echo {"x" * 90}" }}\n',
    )
    text = shown(project, "show", "demo/long", width=width)
    assert words(text).count(LONG) == 4
    assert f"echo {'x' * 90}\n" in text  # to be pasted
    assert [line for line in text.splitlines() if columns(line) > width and "x" * 90 not in line and "/demo/" not in line] == []


def test_history_never_cuts_a_name(project):
    names = ["weekly/test-health-overviews", "a/b", "weekly/test-health-overviews-of-the-other-half"]
    for name in names:
        project.runbook(name, 'runbook "T" {}\n')
        project.ok(name)
    for width in (40, 80):
        text = shown(project, "history", width=width)
        assert all(re.search(rf"\b{name}$", text, re.M) for name in names), text
        assert all(columns(line) <= max(width, 60) for line in text.splitlines()), text
    assert len(project.ok("history").out.splitlines()) == 3


def test_why_a_step_was_skipped_is_whole(project):
    project.runbook(
        "demo/skip",
        f'runbook "T" {{}}\nparam "where" {{ default = "nowhere" }}\nstep "{LONG}" {{ when = "{CONDITION}", run = "true" }}\n',
    )
    reason = 'where "nowhere" is not == "in one of the usual places"'
    text = shown(project, "demo/skip", width=60)
    assert reason in words(text) and all(columns(line) <= 60 for line in text.splitlines()[3:]), text
    assert any(f"{LONG}  {reason}" in line for line in project.ok("demo/skip").out.splitlines())


def test_doctor_at_40_columns(project):
    for line in shown(project, "doctor", width=40).splitlines():
        assert columns(line) <= 40 or " " not in line[21:], line  # a path stays whole


@pytest.mark.parametrize("width", [40, 80])
def test_the_head_of_a_run_breaks_between_words(project, width):
    params = "".join(f'param "{name}" {{ default = "{name * 3}" }}\n' for name in ("replica", "region", "window", "ticket"))
    text = f'runbook "{LONG}" {{ priority = "high" }}\n{params}step "S" {{ run = "true" }}\n'
    long = "restore/" + "a-replica-of-the-reports-" * 2 + "again"
    for name in ("demo/a", long):
        project.runbook(name, text)
        live = shown(project, name, width=width).split("\n\n")[0]
        stored = shown(project, "status", project.last_run()["run"], width=width).split("\n\n")[0]
        for head in (live, stored):
            assert f"{name} {LONG}" in words(head), head
            assert "replica=replicareplicareplica region=" in words(head) and " by " in words(head), head
            assert all(columns(line) <= width or " " not in line.strip() for line in head.splitlines()), head
        assert "high, respond within" in words(live)
    lines = project.ok("demo/a").out.splitlines()
    assert lines[0].startswith(f"demo/a  {LONG}  high, ") and " by " in lines[1] and lines[2] == "", lines
