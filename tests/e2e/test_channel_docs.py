"""docs/notifications.md and the channels say the same: every type has its section with all of its options, an example
that is right, and the preview that the program gives."""

import re

import pytest
import yaml
from channels import SOURCE, Delivery, documented

PAGE = (SOURCE / "docs" / "notifications.md").read_text()
TYPES = sorted(path.stem for path in (SOURCE / "stdlib" / "channels").glob("*.lua"))
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def section(name):
    found = re.search(rf"^### {name}\n(.*?)(?=^### [\w-]+$|^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/notifications.md has no section {name}"
    return found.group(1)


def block(text, language):
    return re.search(rf"^(```+){language}\n(.*?)^\1$", text, re.MULTILINE | re.DOTALL).group(2)


def options_of(kind, delivery):
    """What the program says when it is given an option that there is not."""
    with pytest.raises(AssertionError) as refused:
        delivery.preview({"c": {"type": kind, "zzzzzzzzzzzz": "1"}}, documented("c"))
    told = re.search(r"the options of \S+ are: (.*)", str(refused.value)).group(1).split()
    return [] if told == ["none"] else told


@pytest.mark.parametrize("kind", TYPES)
def test_every_option_is_in_its_table(kind, tmp_path):
    documented_options = re.findall(r"^\| `(\w+)` \|", section(kind), re.MULTILINE)
    assert sorted(documented_options) == options_of(kind, Delivery(tmp_path))


@pytest.mark.parametrize("kind", TYPES)
def test_the_example_gives_the_preview(kind, tmp_path):
    channels = yaml.safe_load(block(section(kind), "yaml"))["channels"]
    name, *others = channels
    delivery = Delivery(tmp_path)
    shown = delivery.preview(channels, documented(name))
    assert TIME.sub("TIME", block(section(kind), "text")).rstrip() == TIME.sub("TIME", shown).rstrip()
    for other in others:
        delivery.preview(channels, documented(other))


def test_no_section_is_about_a_type_that_is_gone():
    listed = re.search(r"^## Channels\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL).group(1)
    assert sorted(re.findall(r"^### (\S+)$", listed, re.MULTILINE)) == TYPES
