"""`check` finds what would only show later: at night, or never."""


def problems(project):
    return [(p["severity"], p["file"].rsplit("/", 1)[-1], p["line"], p["message"])
            for p in project.run("check", "--json").json["problems"]]


def schedule(project, params):
    project.write("runbook.yaml", f"schedule:\n  demo/a: {{at: every 4h, params: {params}}}\n")


def test_the_parameters_of_a_schedule(project):
    project.runbook("demo/a", 'runbook "T" {}\nparam "version" { required = true }\nparam "wait" { default = "1h", type = "duration" }\n'
                    'step "S" { run = "echo $version $wait" }\n')
    schedule(project, "{version: 5, wait: 5m}")
    assert problems(project) == []
    schedule(project, "{version: 5, wait: soon}")
    (problem,) = problems(project)
    assert problem[:3] == ("error", "runbook.yaml", 2) and "--wait" in problem[3]
    schedule(project, "{version: 5, stage: prod}")
    assert "no parameter --stage" in problems(project)[0][3]
    schedule(project, "{wait: 5m}")
    assert "--version is required" in problems(project)[0][3]


def test_a_file_that_cannot_be_a_runbook(project):
    project.runbook("demo/Disk Full", 'runbook "T" {}\n')
    project.runbook("lib/Anything", "return 1\n")
    (problem,) = problems(project)
    assert problem[:2] == ("warning", "Disk Full.lua") and "demo/Disk Full" in problem[3]
