"""Runbooks by name: with a slash, without one, and when the name is not quite right."""

ONE = 'runbook "One" {}\nstep "Say" { run = "echo said >> ledger" }\n'


def test_a_name_without_a_slash_needs_the_word_run(project):
    project.runbook("deploy", ONE)
    project.runbook("daily/check", ONE)
    assert "deploy" in {r["id"] for r in project.ok("list", "--json").json["runbooks"]}
    assert "deploy" in project.ok("list").out
    bare = project.run("deploy")
    assert bare.exit == 2 and "`runbook run deploy`" in bare.err, bare
    assert project.ledger() == []
    project.ok("run", "deploy")
    project.ok("daily/check")
    assert project.ledger() == ["said", "said"]


def test_the_last_part_of_a_name_leads_to_the_whole(project):
    project.runbook("ops/rotate-logs", ONE)
    result = project.run("rotate-logs")
    assert result.exit == 2 and "`runbook run ops/rotate-logs`" in result.err, result


def test_a_name_with_a_line_break_stays_on_its_line(project):
    project.write("r.xml", '<testsuite><testcase name="a&#x0a;forged line"><failure/></testcase></testsuite>')
    project.ok("tests", "import", "r.xml")
    assert not any(line.startswith("forged") for line in project.ok("tests", "failing").out.splitlines())


def test_a_slip_in_a_command_is_told(project):
    result = project.run("histroy")
    assert result.exit == 2 and "did you mean `runbook history`?" in result.err, result
