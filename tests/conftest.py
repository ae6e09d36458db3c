"""Every pytest of this project: its temporary files are in a folder of its own, which is short enough for sockets, which
no other pytest counts or cleans up, and which is removed at the end. What else is in the environment is nobody's."""

import os
import shutil
import tempfile

import pytest

KEPT = "PATH RUNBOOK CHANNEL_DRIVER NET_CLIENT NET_NAMES ZONE_DUMP ZONE_GLIBC".split()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if not config.option.basetemp:
        config.option.basetemp = tempfile.mkdtemp(prefix="rbk-test-", dir="/tmp")
    for name in list(os.environ):
        if name not in KEPT and not name.endswith("SAN_OPTIONS"):
            del os.environ[name]
    os.environ.update(HOME=config.option.basetemp, LC_ALL="C.UTF-8")


def pytest_unconfigure(config):
    shutil.rmtree(config.option.basetemp, ignore_errors=True)
