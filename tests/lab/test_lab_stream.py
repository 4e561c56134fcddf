"""A long program of a run that is killed ends with it, and so do its children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rackwright.errors import WorldRefused
from rackwright.lab.stream import stream

MARK = "314159.26"


def sleeping() -> bool:
    """Whether any process sleeps for our number of seconds."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"sleep\0" + MARK.encode()):
                return True
        except (FileNotFoundError, ProcessLookupError):
            continue
    return False


def test_no_orphan_after_sigkill() -> None:
    program = (
        f"from rackwright.lab.stream import stream\nstream(['sh','-c','sleep {MARK} & wait'],'x',timeout=900)"
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    end = time.monotonic() + 30
    while not sleeping():
        assert time.monotonic() < end, "the program never ran"
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    end = time.monotonic() + 20
    while sleeping():
        assert time.monotonic() < end, "an orphan is left"
        time.sleep(0.1)


def test_deadline_and_last_words() -> None:
    with pytest.raises(WorldRefused, match="did not end within 1 s"):
        stream(["sleep", MARK], "wait", timeout=1)
    with pytest.raises(WorldRefused, match="ended with 3: half"):
        stream(["sh", "-c", "echo half; exit 3"], "work", timeout=60)


def test_lines_come_as_they_are_printed() -> None:
    lines: list[str] = []
    stream(["sh", "-c", "echo one; echo two >&2"], "print", timeout=60, on_line=lines.append)
    assert sorted(lines) == ["one", "two"]
