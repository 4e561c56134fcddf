"""One writer: live locks are respected, stale ones recognised and explained."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from rackwright.errors import Locked
from rackwright.lock import Holder, Lock, myself, stale, start_time

HOLD = """
import sys, time
from pathlib import Path
from rackwright.lock import Lock
with Lock(Path(sys.argv[1]), "x"):
    print("held", flush=True)
    time.sleep(60)
"""


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ""),
        ({"pid": -1}, "no longer runs"),
        ({"boot": "another"}, "has been restarted since"),
        ({"start": "1"}, "now belongs to another process"),
        ({"host": "elsewhere", "pid": -1}, ""),
    ],
)
def test_stale(change: dict[str, object], why: str) -> None:
    if change.get("pid") == -1:
        change = {**change, "pid": dead_pid()}
    reason = stale(replace(myself(), **change))  # type: ignore[arg-type]
    assert (why in reason) if why else reason == ""


def test_a_zombie_is_gone() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert start_time(process.pid) is None
    process.wait()


def test_a_live_lock_is_refused_and_a_killed_one_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(Locked) as caught, Lock(path, "stack t"):
        pass
    assert caught.value.pid == process.pid
    assert caught.value.host == os.uname().nodename
    assert str(caught.value).startswith(f"stack t is locked by process {process.pid} on ")
    process.send_signal(signal.SIGKILL)
    process.wait()
    with Lock(path, "stack t") as lock:
        assert f"left by process {process.pid}" in lock.note
    with Lock(path, "stack t") as lock:
        assert lock.note == ""


def test_text_cut_short_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text('{"host": "x", "pi')
    with Lock(path, "t") as lock:
        assert lock.note == ""


def test_a_holder_on_another_host_counts_as_live(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(json.dumps(asdict(Holder("elsewhere", 1, "b", "s", "2026-01-01T00:00:00+00:00"))))
    with pytest.raises(Locked, match="elsewhere"), Lock(path, "t"):
        pass
