"""The words of `tests`: reports from elsewhere, good and broken, and what is said of tests that could not be run."""

import pytest

CASE = '<testcase classname="shop" name="%s">%s</testcase>'


def report(project, path, **cases):
    body = "".join(CASE % (name, "<failure message='boom'/>" if failed else "") for name, failed in cases.items())
    return project.write(path, f'<testsuite name="s" tests="99" failures="99">{body}</testsuite>')


def failing(project, *level):
    return [(c["level"], c["name"]) for c in project.ok("tests", "failing", *level, "--json").json["cases"]]


def test_a_malformed_file_is_named_and_the_others_are_read(project):
    report(project, "good.xml", a=True, b=False)
    project.write("cut.xml", '<testsuite name="s"><testcase name="a"/>')
    project.write("page.xml", "<html><body>503</body></html>")
    project.write("bomb.xml", '<!DOCTYPE s [<!ENTITY a "aaaa">]><testsuite><testcase name="&a;"/></testsuite>')
    project.write("empty.xml", "")
    names = ["cut.xml", "page.xml", "bomb.xml", "empty.xml", "missing.xml", "good.xml"]
    result = project.run("tests", "import", *names, "--json")
    assert result.exit == 2, result
    files = result.json["files"]
    assert [f["path"] for f in files] == names
    assert [f["malformed"] for f in files] == [True] * 5 + [False]
    assert all(f["error"] and f["cases"] == 0 for f in files[:5])
    assert {k: files[5][k] for k in ("cases", "passed", "failed", "errors", "skipped", "flaky")} == {
        "cases": 2, "passed": 1, "failed": 1, "errors": 0, "skipped": 0, "flaky": 0}
    assert failing(project) == [("imported", "a")]


def test_reports_of_no_level_do_not_put_each_other_away(project):
    report(project, "one.xml", a=True)
    report(project, "two.xml", b=True)
    project.ok("tests", "import", "one.xml")
    project.ok("tests", "import", "two.xml")
    assert sorted(failing(project)) == [("imported", "a"), ("imported", "b")]
    report(project, "one.xml", a=False)
    project.ok("tests", "import", "one.xml")
    assert failing(project) == [("imported", "b")]


def test_reports_of_a_level_are_all_of_it(project):
    report(project, "one.xml", a=True, b=True)
    report(project, "two.xml", b=True)
    project.ok("tests", "import", "one.xml", "--level", "nightly")
    project.ok("tests", "import", "two.xml", "--level", "nightly")
    assert failing(project, "nightly") == [("nightly", "b")]


@pytest.mark.parametrize("level", ["all", "", "two words", "-x", "a" * 65])
def test_what_is_no_name_of_a_level_is_refused(project, level):
    report(project, "one.xml", a=True)
    result = project.run("tests", "import", "one.xml", f"--level={level}")
    assert result.exit == 2 and "--level" in result.err, result
    assert failing(project) == []


def test_tests_that_could_not_be_run_are_not_tests_without_failures(project):
    project.write("runbook.yaml", "levels:\n  unit: {runner: junit, command: sh -c 'exit 3', report: r.xml}\n")
    result = project.run("tests", "run", "unit", "--json")
    assert result.exit == 1 and result.json["schema"] == "runbook.error/1" and "r.xml" in result.err, result
    report(project, "made.xml", a=True)
    project.write("runbook.yaml", "levels:\n  unit: {runner: junit, command: cp made.xml r.xml, report: r.xml}\n")
    document = project.run("tests", "run", "unit", "--json").json
    assert document["failed"] == 1 and "1 test of 1 failed" in document["error"]
    report(project, "made.xml", a=False)
    assert project.ok("tests", "run", "unit", "--json").json["error"] is None
    result = project.run("tests", "run", "unit", "--variant", "fast")
    assert result.exit == 2 and "there are none here" in result.err, result


def test_a_command_that_ends_badly_is_not_good_whatever_its_report_says(project):
    report(project, "made.xml", a=False)
    project.write("runbook.yaml", "levels:\n  unit: {runner: junit, command: \"sh -c 'cp made.xml r.xml; exit 3'\", report: r.xml}\n")
    result = project.run("tests", "run", "unit")
    assert result.exit == 1 and "ended badly" in result.out and "exit code 3" in result.out, result
    assert "command  sh -c 'cp made.xml r.xml; exit 3'\n" in result.out, result
