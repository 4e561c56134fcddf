"""The unit tests of the DRA drivers' twin, in Go. Skipped where there is no Go."""

from __future__ import annotations

import os
import subprocess

import pytest
from tests.scheduler.dra_twin import BUILD_SECONDS, go

from rackwright.lab.dra import plugin

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(BUILD_SECONDS + 100),
    pytest.mark.skipif(go() is None, reason="no Go"),
]
ENV = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-trimpath -mod=readonly"}


def run(*words):
    return subprocess.run(
        [go(), *words],
        cwd=plugin.FOLDER,
        env=ENV,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )


def test_the_plugins_own_tests_pass():
    done = run("test", "-vet=all", "-count=1", "-timeout=5m", ".")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_is_formatted():
    done = run("fmt", "-n", ".")
    assert done.returncode == 0, done.stderr
    formatter = done.stdout.split()[0]
    names = sorted(str(path) for path in plugin.FOLDER.glob("*.go"))
    found = subprocess.run([formatter, "-l", *names], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout == ""
