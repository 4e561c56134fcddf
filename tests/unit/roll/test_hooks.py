"""Drain and return commands: words, never a shell line; every one of them ends."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from rackwright.errors import UsageError
from rackwright.roll import hooks


def call(command, host="h1", seconds=20):
    return asyncio.run(hooks.call(command, host, seconds))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("drain", ["drain", "h1"]),
        ("kubectl drain {host} --force", ["kubectl", "drain", "h1", "--force"]),
        ("scontrol update nodename={host} state=drain 'reason=a roll'",
         ["scontrol", "update", "nodename=h1", "state=drain", "reason=a roll"]),
        ("drain; rm -rf /", ["drain;", "rm", "-rf", "/", "h1"]),
    ],
)  # fmt: skip
def test_words(command, expected):
    assert hooks.words(command, "h1") == expected


@pytest.mark.parametrize("command", ["", "  ", "a 'b"])
def test_no_command(command):
    with pytest.raises(UsageError, match="command"):
        hooks.words(command, "h1")


def test_one_that_ends_well_says_nothing():
    assert call("true") == ""


def test_one_that_fails_is_quoted():
    assert call("sh -c 'echo cannot evict >&2; exit 4' x") == "sh ended with 4: cannot evict"


def test_one_that_is_not_there():
    assert call("/nowhere/drain") == "/nowhere/drain: No such file or directory"


def test_one_that_hangs_costs_its_time_and_its_children_end_too(tmp_path):
    script = f"trap '' TERM; sleep 98 & echo $! > {tmp_path}/child; wait; sleep 97"
    begun = time.monotonic()
    assert call(f"sh -c {script!r} x".replace("'\\'\\''", "''"), seconds=1).endswith("did not end within 1 s")
    assert time.monotonic() - begun < 15
    child = int((tmp_path / "child").read_text())
    stat = Path(f"/proc/{child}/stat")
    assert not stat.exists() or stat.read_text().split()[2] == "Z"


def test_many_at_once(tmp_path):
    found = asyncio.run(hooks.call_all(f"touch {tmp_path}/{{host}}", ["a", "b", "c"], 20))
    assert found == {"a": "", "b": "", "c": ""}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]
