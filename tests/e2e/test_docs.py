"""docs/cli.md, docs/runbook.1 and docs/json.md against the program, in both directions."""

import json
import pathlib
import re
import shutil
import subprocess

import documents
import pytest
from conftest import SOURCE

MAN = SOURCE / "docs" / "runbook.1"
CLI = (SOURCE / "docs" / "cli.md").read_text()
JSON = (SOURCE / "docs" / "json.md").read_text()
EXITS = ["0", "1", "2", "3", "4", "5", "75", "124", "129", "130", "143"]


def man_text():
    """The manual page without its markup."""
    text = MAN.read_text().replace("\\-", "-").replace("\\(aq", "'").replace("\\(lq", '"').replace("\\(rq", '"')
    text = re.sub(r"\\f[BIR]", "", text)
    text = re.sub(r"(?m)^\.(BR|BI|RB|IR|RI|IB) (.*)$", lambda m: re.sub(r'" |" | "|"', " ", m[2]), text)
    return re.sub(r"(?m)^\.[A-Z]+ ?", "", text)


def commands(project):
    return project.ok("completion", "bash").out.split('words="')[1].split(" $(")[0].split()


def options(project, command):
    """What `runbook help COMMAND` lists, as ("n", "dry-run") pairs."""
    text = project.ok("help", command).out
    return {(short, long) for short, long in re.findall(r"(?m)^  (?:-(\w), |    )--([a-z-]+)", text)}


def every_option(project):
    return {long for command in commands(project) for _, long in options(project, command)}


@pytest.mark.parametrize("page", ["cli.md", "runbook.1"])
def test_every_command_and_option_is_documented(project, page):
    text = CLI if page == "cli.md" else man_text()
    for command in commands(project):
        assert re.search(rf"\b{command}\b", text), command
        for short, long in options(project, command):
            assert re.search(rf"(?<![\w-])--{long}(?![\w-])", text), (command, long)
            assert not short or re.search(rf"(?<![\w-])-{short}\b", text), (command, short)


@pytest.mark.parametrize("page", ["cli.md", "runbook.1"])
def test_nothing_is_documented_that_does_not_exist(project, page):
    text = CLI if page == "cli.md" else man_text()
    known = every_option(project) | {"param", "name", "value"}
    assert {o for o in re.findall(r"(?<![\w-])--([a-z][a-z-]*)", text)} <= known
    if page == "cli.md":
        named = set(re.findall(r"\*\*`([a-z]+)", text))
    else:
        named = set(re.findall(r'(?m)^\.TP\n\.(?:BI|B) "?([a-z]+)', MAN.read_text()))
    assert named - {"runbook"} == set(commands(project)) - {"import"}, named


def test_every_exit_status_is_documented():
    for text in (CLI, man_text()):
        for status in EXITS:
            assert re.search(rf"(?m)^[| ]*[^a-z\n]*\b{status}\b", text), status


def test_every_environment_variable_is_documented():
    used = set()
    for file in (SOURCE / "engine").rglob("*.c"):
        used |= set(re.findall(r'(?:getenv|home_path|rbk_otlp_env)\("([A-Z_]+)"', file.read_text()))
    ambient = {"HOME", "USER", "SUDO_USER", "LOGNAME", "PATH", "TERM", "TMPDIR", "LANG", "TZ"}
    for name in used - ambient:
        assert name in CLI and name in man_text(), name


def fields(schema):
    """All property names of a schema, at any depth."""
    found = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {}))
        for value in schema.values():
            found |= fields(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= fields(value)
    return found


def test_every_schema_and_field_is_documented():
    words = set(re.findall(r"[a-z][a-z_]*", " ".join(re.findall(r"`([^`]+)`", JSON))))
    for name in documents.names():
        assert name in JSON, name
        missing = fields(documents.schema(name)) - words - {"schema"}
        assert not missing, (name, missing)


def test_every_documented_schema_exists():
    assert set(re.findall(r"runbook\.[a-z.]+/\d", JSON)) == set(documents.names())


def test_schemas_are_themselves_valid():
    import jsonschema

    for file in documents.SCHEMAS.glob("*.json"):
        jsonschema.Draft7Validator.check_schema(json.loads(pathlib.Path(file).read_text()))


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_the_manual_page_is_clean():
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(MAN)], capture_output=True, text=True)
    assert done.stdout + done.stderr == ""
