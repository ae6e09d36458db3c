"""Every pytest of this project: its temporary files are in a folder of its own, which is short enough for sockets, which
no other pytest counts or cleans up, and which is removed at the end."""

import shutil
import tempfile

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if not config.option.basetemp:
        config.option.basetemp = tempfile.mkdtemp(prefix="rbk-test-", dir="/tmp")


def pytest_unconfigure(config):
    shutil.rmtree(config.option.basetemp, ignore_errors=True)
