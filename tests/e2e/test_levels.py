"""Test levels on real projects: every runner finds, names and reruns injected failures."""

import json
import re
import shutil

import pytest

PYTEST = "/usr/bin/python3 -m pytest -p no:cacheprovider"


def facts(result):
    document = result.json
    assert document["schema"] == "runbook.tests.run/1"
    return document


def failing(project, *args):
    return [c["name"] for c in project.ok("tests", "failing", *args, "--json").json["cases"]]


@pytest.fixture
def pytest_project(project):
    project.write("runbook.yaml", f"levels:\n  unit: {{ command: {PYTEST} tests }}\n  smoke: {{ command: {PYTEST} -k quick }}\n")
    project.write(
        "tests/test_cart.py",
        "import os, pytest\n"
        "class TestCart:\n"
        "    @pytest.mark.parametrize('n', range(4))\n"
        "    def test_total(self, n): assert n != 3 or os.path.exists('fixed')\n"
        "class TestOther:\n"
        "    def test_total(self): pass\n"
        "def test_quick(): pass\n"
        "def test_stays(): assert 0\n",
    )
    return project


def test_pytest_failures_are_found_named_and_rerun(pytest_project):
    project = pytest_project
    result = project.run("tests", "run", "unit", "--json")
    assert result.exit == 1, result
    assert facts(result)["total"] == 7 and facts(result)["failing_count"] == 2
    assert facts(result)["failing"] == ["tests/test_cart.py::TestCart::test_total[3]", "tests/test_cart.py::test_stays"]
    assert failing(project) == ["test_stays", "test_total[3]"]

    project.write("fixed", "")
    rerun = project.run("tests", "rerun", "--json")
    again = facts(rerun)
    assert rerun.exit == 1 and again["failing_again"] == 1, rerun
    assert (again["fixed_count"], again["failing_count"], again["total"]) == (1, 1, 7)
    assert failing(project) == ["test_stays"]

    shown = project.ok("tests", "show", "tests/test_cart.py::TestCart::test_total[3]", "--json").json
    assert [e["outcome"] for e in shown["cases"][0]["executions"]] == ["passed", "failed"]


def test_one_case_is_rerun_by_its_name_though_it_passes(pytest_project):
    pytest_project.run("tests", "run", "unit")
    pytest_project.ok("tests", "rerun", "unit", "--case", "test_quick")
    shown = pytest_project.ok("tests", "show", "test_quick", "--json").json["cases"][0]
    assert len(shown["executions"]) == 2


def test_a_case_that_left_its_level_is_forgotten(pytest_project):
    pytest_project.run("tests", "run", "unit")
    pytest_project.write("tests/test_cart.py", "def test_quick(): pass\n")
    pytest_project.ok("tests", "run", "unit")
    assert failing(pytest_project) == []


def test_a_module_that_cannot_be_imported_fails_and_is_fixed(pytest_project):
    project = pytest_project
    project.write("tests/test_cart.py", "def test_quick(): pass\n")
    project.write("tests/test_broken.py", "import no_such_module\n")
    assert project.run("tests", "run", "unit").exit == 1
    assert failing(project) == ["tests.test_broken"]
    project.write("tests/test_broken.py", "def test_now(): pass\n")
    assert facts(project.ok("tests", "rerun", "--json"))["fixed_count"] == 1
    assert failing(project) == []


def test_a_test_that_is_called_like_its_module_is_rerun_alone(project):
    project.write("runbook.yaml", f"levels:\n  unit: {{ command: {PYTEST} }}\n")
    project.write("test_cart.py", "def test_cart(): assert 0\ndef test_other(): pass\n")
    assert facts(project.run("tests", "run", "unit", "--json"))["failing"] == ["test_cart.py::test_cart"]
    result = project.run("tests", "rerun")
    assert result.exit == 1 and "could not be loaded" not in result.out, result
    assert len(project.ok("tests", "show", "test_other", "--json").json["cases"][0]["executions"]) == 1


def test_a_module_that_cannot_be_imported_does_not_make_the_others_forgotten(pytest_project):
    project = pytest_project
    project.run("tests", "run", "unit")
    project.write("tests/test_broken.py", "import no_such_module\n")
    assert project.run("tests", "run", "unit").exit == 1
    assert failing(project) == ["tests.test_broken", "test_stays", "test_total[3]"]
    project.runbook("t/state", 'runbook "State" {}\nstep "S" { run = tests.failing { level = "unit" } }\n')
    assert project.ok("t/state", "--json").json["facts"]["total"] == 8


def test_a_report_that_is_spoiled_after_it_was_read_is_an_error(pytest_project):
    pytest_project.write(
        "conftest.py",
        "def pytest_configure(config):\n"
        "    report = config.option.xmlpath\n"
        "    if 'pytest-2-' in report: open(report.replace('pytest-2-', 'pytest-1-'), 'w').write('<testsuite>')\n",
    )
    result = pytest_project.run("tests", "run", "smoke", "--repeat", "2")
    assert result.exit == 1 and "cut off" in result.out, result


def test_a_case_that_is_gone_does_not_keep_the_others_from_being_rerun(pytest_project):
    project = pytest_project
    project.run("tests", "run", "unit")
    project.write("tests/test_cart.py", "def test_stays(): pass\n")
    again = facts(project.run("tests", "rerun", "--json"))
    assert (again["fixed_count"], again["failing_again"]) == (1, 1)
    assert failing(project) == ["test_total[3]"]


def test_a_level_that_cannot_be_run_fails_all_after_the_others_were_run(pytest_project):
    pytest_project.write(
        "runbook.yaml",
        f"levels:\n  broken: {{ runner: junit, command: exit 3, report: r.xml }}\n  unit: {{ command: {PYTEST} tests }}\n",
    )
    result = pytest_project.run("tests", "run", "all")
    assert result.exit == 1 and "broken: could not be run" in result.out and "2 of 7 failing" in result.out, result
    assert failing(pytest_project) == ["test_stays", "test_total[3]"]


def test_a_level_that_cannot_be_run_again_fails_the_rerun_after_the_others(project):
    levels = "levels:\n  a: {{ runner: junit, command: {}, report: a.xml }}\n  b: {{ runner: junit, command: sh b.sh, report: b.xml }}\n"
    project.write("runbook.yaml", levels.format("sh a.sh"))
    for name in "ab":
        project.write(f"{name}.sh", f"echo '<testsuite><testcase name=\"{name}\"><failure/></testcase></testsuite>' > {name}.xml\n")
    project.run("tests", "run", "all")
    project.write("runbook.yaml", levels.format("false"))
    project.write("b.sh", "echo '<testsuite><testcase name=\"b\"/></testsuite>' > b.xml\n")
    result = project.run("tests", "rerun")
    assert result.exit == 1 and "a: could not be run" in result.out, result
    assert failing(project) == ["a"]


def test_executing_nothing_fails(pytest_project):
    pytest_project.write("runbook.yaml", f"levels:\n  unit: {{ command: {PYTEST} -k nothing_matches }}\n")
    result = pytest_project.run("tests", "run", "unit")
    assert result.exit == 1 and "collected no tests" in result.out, result


def test_a_tool_that_fails_without_a_failing_case_fails_the_step(pytest_project):
    pytest_project.write("runbook.yaml", f"levels:\n  unit: {{ command: {PYTEST} --no-such-option }}\n")
    result = pytest_project.run("tests", "run", "unit")
    assert result.exit == 1 and "did not understand its command line" in result.out, result


def test_all_counts_a_case_of_two_levels_once(pytest_project):
    pytest_project.run("tests", "run", "unit")
    pytest_project.ok("tests", "run", "smoke")
    pytest_project.runbook("t/all", 'runbook "All" {}\nstep "S" { run = tests.failing {} }\n')
    assert pytest_project.ok("t/all", "--json").json["facts"]["total"] == 7


def test_repeat_and_fail_fast(pytest_project):
    pytest_project.ok("tests", "run", "smoke", "--repeat", "3")
    shown = pytest_project.ok("tests", "show", "test_quick", "--json").json["cases"][0]
    assert len(shown["executions"]) == 3
    fast = facts(pytest_project.run("tests", "run", "unit", "--fail-fast", "--json"))
    assert fast["failing_count"] == 1 and fast["total"] < 7


def test_counts_that_make_no_sense_are_refused_with_the_reason(pytest_project):
    for args, reason in ((["--repeat", "0"], '--repeat: "0" is not 1 or more'), (["--parallel=-3"], '"-3" is not 0 or more')):
        result = pytest_project.run("tests", "run", "smoke", *args)
        assert result.exit == 2 and reason in result.err, result


def test_levels_and_variants_that_do_not_exist_are_refused_before_anything_runs(pytest_project):
    for args in (["nope"], ["unit", "--variant", "nope"]):
        result = pytest_project.run("tests", "run", *args)
        assert result.exit == 2 and "nope" in result.err, result


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_node_cases_of_one_name_in_two_files_are_two(project):
    project.write("runbook.yaml", "levels:\n  unit: { command: node --test }\n")
    body = "const {test}=require('node:test');const fs=require('fs');test('works (1)',()=>{if(%s)throw new Error('x')});"
    project.write("test/a.test.js", body % "!fs.existsSync('fixed')")
    project.write("test/b.test.js", body % "false")
    result = project.run("tests", "run", "unit", "--json")
    assert result.exit == 1, result
    assert (facts(result)["total"], facts(result)["failing"]) == (2, ["test/a.test.js > works (1)"])
    project.write("fixed", "")
    assert facts(project.ok("tests", "rerun", "--json"))["fixed_count"] == 1


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_node_finds_the_tests_in_folders_that_look_like_patterns(project):
    project.write("runbook.yaml", "levels:\n  unit: { command: node --test }\n")
    for folder in ("app/[slug]", "app/a*", "app/b\\\\c"):
        project.write(f"{folder}/page.test.js", "require('node:test')('opens', () => {});\n")
    assert facts(project.ok("tests", "run", "unit", "--json"))["total"] == 3


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_node_cases_inside_cases_and_unloadable_files_are_rerun(project):
    project.write("runbook.yaml", "levels:\n  unit: { command: node --test }\n")
    project.write(
        "test/nested.test.js",
        "const {test}=require('node:test');const fs=require('fs');"
        "test('outer', async t => { await t.test('inner', () => { if (!fs.existsSync('fixed')) throw new Error('x') }) });",
    )
    project.write("test/broken.test.js", "syntax error(")
    result = project.run("tests", "run", "unit", "--json")
    assert facts(result)["failing_count"] == 2
    project.write("fixed", "")
    project.write("test/broken.test.js", "require('node:test').test('fine', () => {});")
    assert facts(project.ok("tests", "rerun", "--json"))["failing_count"] == 0


@pytest.mark.skipif(not shutil.which("bats"), reason="bats is not installed")
def test_bats_failures_are_found_and_rerun(project):
    project.write("runbook.yaml", "levels:\n  unit: { command: bats -r tests }\n")
    for name in ("tests/a.bats", "tests/sub/b.bats"):
        project.write(name, '@test "adds (two)" { [ -e fixed ]; }\n@test "skips" { skip later; }\n')
    result = project.run("tests", "run", "unit", "--json")
    assert result.exit == 1 and facts(result)["failing"] == ["a.bats > adds (two)", "sub/b.bats > adds (two)"], result
    project.write("fixed", "")
    again = facts(project.ok("tests", "rerun", "--json"))
    assert (again["fixed_count"], again["failing_count"], again["total"]) == (2, 0, 4)


SPECIAL = ["a b", "says \"hi\"", "-k", "it's", "a[b]", "é", "$x", "a\\b", "*", "@f", "(x|y)", "^z$", "{1,2}", "."]


def rerun_all_of_them(project, count):
    assert facts(project.run("tests", "run", "unit", "--json"))["failing_count"] == count
    project.write("fixed", "")
    assert facts(project.ok("tests", "rerun", "--json"))["fixed_count"] == count


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_node_reruns_cases_of_any_name(project):
    project.write("runbook.yaml", "levels:\n  unit: { command: node --test }\n")
    project.write(
        "a.test.js",
        "const test = require('node:test'), assert = require('node:assert'), fs = require('fs');\n"
        f"for (const name of {json.dumps(SPECIAL)}) test(name, () => assert(fs.existsSync('fixed')));\n",
    )
    rerun_all_of_them(project, len(SPECIAL))


@pytest.mark.skipif(not shutil.which("bats"), reason="bats is not installed")
def test_bats_reruns_cases_of_any_name(project):
    project.write("runbook.yaml", "levels:\n  unit: { command: bats . }\n")
    quoted = [re.sub(r'(["$\\`])', r"\\\1", name) for name in SPECIAL]
    project.write("t.bats", "".join(f'@test "{name}" {{ [ -e fixed ]; }}\n' for name in quoted))
    rerun_all_of_them(project, len(SPECIAL))


@pytest.mark.skipif(not shutil.which("ctest"), reason="ctest is not installed")
def test_ctest_failures_are_found_and_rerun_and_a_missing_program_is_an_error(project):
    project.write("runbook.yaml", "levels:\n  unit: { command: ctest --test-dir build, prepare: [cmake -S . -B build] }\n")
    project.write(
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.20)\nproject(p NONE)\nenable_testing()\n"
        "add_test(NAME ok COMMAND true)\n"
        'add_test(NAME bad.one COMMAND sh -c "test -e ${CMAKE_SOURCE_DIR}/fixed")\n'
        "add_test(NAME gone COMMAND /nonexistent/program)\n",
    )
    result = project.run("tests", "run", "unit", "--json")
    assert result.exit == 1, result
    assert (facts(result)["failed"], facts(result)["errors"], facts(result)["passed"]) == (1, 1, 1)
    project.write("fixed", "")
    again = facts(project.run("tests", "rerun", "--json"))
    assert (again["fixed_count"], again["failing"]) == (1, ["gone"])


JUNIT = "levels:\n  unit: { runner: junit, command: sh run.sh, report: 'reports/*.xml' }\n"


def test_an_old_report_does_not_count(project):
    project.write("runbook.yaml", JUNIT)
    project.write("reports/old.xml", "<testsuite><testcase name='a'/></testsuite>")
    project.write("run.sh", "true\n")
    result = project.run("tests", "run", "unit")
    assert result.exit == 1 and "wrote no report" in result.out, result


def test_a_cut_off_report_is_an_error_and_never_no_failures(project):
    project.write("runbook.yaml", JUNIT)
    project.write("run.sh", "mkdir -p reports; echo '<testsuite><testcase name=\"a\"/>' > reports/r.xml\n")
    result = project.run("tests", "run", "unit")
    assert result.exit == 1 and "cut off" in result.out and "reports/r.xml:" in result.out, result
    assert project.run("tests", "show", "a").exit != 0


def test_every_repetition_is_recorded_though_each_writes_over_the_report(project):
    project.write("runbook.yaml", "levels:\n  unit: { runner: junit, command: sh run.sh, report: r.xml }\n")
    project.write(
        "run.sh",
        "[ -e once ] && exec echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml\n"
        "touch once\n"
        "echo '<testsuite><testcase name=\"a\"><failure/></testcase></testsuite>' > r.xml\n"
        "exit 1\n",
    )
    project.ok("tests", "run", "unit", "--repeat", "2")
    shown = project.ok("tests", "show", "a", "--json").json["cases"][0]
    assert [e["outcome"] for e in shown["executions"]] == ["passed", "failed"]


def test_services_that_a_level_requires_must_be_up(project):
    project.write(
        "runbook.yaml",
        "levels:\n  unit: { runner: junit, command: sh run.sh, report: r.xml, requires: [db] }\n"
        "services: { db: { check: test -e up } }\n",
    )
    project.write("run.sh", "echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml\n")
    result = project.run("tests", "run", "unit")
    assert result.exit == 1 and "needs the service `db`" in result.out, result
    project.write("up", "")
    project.ok("tests", "run", "unit")


def test_a_service_whose_check_is_too_slow_is_down_whatever_it_exits_with(project):
    project.write("runbook.yaml", "services: { db: { check: sh slow.sh } }\n")
    project.write("slow.sh", "trap 'exit 0' TERM\nsleep 60 &\nwait\n")
    project.runbook("t/up", 'runbook "Up" {}\nstep "S" { run = services.check {} }\n')
    result = project.run("t/up")
    assert result.exit == 1 and "no answer within 5s" in result.out, result


def test_the_program_of_a_level_is_looked_for_in_the_folder_of_the_level(project):
    project.write("runbook.yaml", "levels:\n  unit: { runner: junit, cwd: sub, command: [./go.sh], report: r.xml }\n")
    project.write("sub/go.sh", "true\n").chmod(0o755)
    result = project.ok("troubleshoot/environment", "-v")
    assert "sub/go.sh: present" in result.out, result


def test_a_level_is_stopped_after_its_time_out(project):
    project.write("runbook.yaml", "levels:\n  unit: { runner: junit, command: sleep 60, report: r.xml, timeout: 1s }\n")
    result = project.run("tests", "run", "unit", timeout=60)
    assert result.exit == 1 and "time-out of 1s" in result.out, result


def test_coverage_and_targets_become_facts(project):
    project.write(
        "runbook.yaml",
        "levels:\n  unit: { runner: junit, command: sh run.sh, report: r.xml, coverage: c.xml, target: 1m, max: 2m }\n",
    )
    project.write("run.sh", "echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml\n")
    project.write("c.xml", '<?xml version="1.0" ?>\n<coverage version="7" line-rate="0.8125">')
    measured = facts(project.ok("tests", "run", "unit", "--json"))
    assert (measured["coverage"], measured["over_target"], measured["over_max"]) == (0.8125, False, False)
    project.write("c.xml", '<coverage line-rate="81.25">')
    assert facts(project.ok("tests", "run", "unit", "--json"))["coverage"] == "no data"
