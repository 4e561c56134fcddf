"""A run of ``rackwright up`` that is killed with SIGKILL, with everything that it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BEGIN_SECONDS = 900.0
"""Until a run has come to where its time begins to count."""


def marked(mark: str) -> list[int]:
    """Every process that was started, however far down, by the run that carries the mark."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
    return found


def kill_after(path: Path, seconds: float, *words: str, role: str = "") -> bool:
    """Start ``up`` and kill it and all it started; False when it had ended by itself.

    :param seconds: of its life, or, with ``role``, from the first task of that role on.
    """
    mark = f"kill-{uuid.uuid4()}"
    arguments = [sys.executable, "-m", "rackwright", "up", str(path), "--engine", "in-process", "--no-verify"]
    with subprocess.Popen(
        [*arguments, "--json", *words],
        cwd=ROOT,
        env={**os.environ, "RACKWRIGHT_MARK": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    ) as process:
        begun = threading.Event()
        threading.Thread(target=_watch, args=(process, role, begun), daemon=True).start()
        try:
            if not begun.wait(BEGIN_SECONDS) and process.poll() is None:
                raise AssertionError(f"no task of {role} within {BEGIN_SECONDS:g} s")
            process.wait(seconds)
            return False
        except subprocess.TimeoutExpired:
            return True
        finally:
            end_all(mark)
            process.wait(10)


def _watch(process: subprocess.Popen[str], role: str, begun: threading.Event) -> None:
    """Read what the run says, so that it can go on, and see the role begin."""
    if not role:
        begun.set()
    assert process.stdout is not None
    for line in process.stdout:
        if role and of_role(line, role):
            begun.set()
    begun.set()  # the run is over


def of_role(line: str, role: str) -> bool:
    """Whether an event of ``up --json`` is a task of a role."""
    event = json.loads(line) if line.startswith("{") else {}
    return event.get("event") == "progress" and str(event.get("text", "")).startswith(f"{role}: ")


def window(path: Path, role: str, words: Sequence[str], timeout: float) -> tuple[float, str]:
    """Run ``up`` to its end: seconds from the first task of a role to the end, and what it said.

    :raises AssertionError: it failed, or the role has no task.
    """
    arguments = [sys.executable, "-m", "rackwright", "up", str(path), "--engine", "in-process", "--json"]
    first, said = 0.0, []
    with subprocess.Popen(
        [*arguments, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        ender = threading.Timer(timeout, process.kill)
        ender.start()
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if not first and of_role(line, role):
                first = time.monotonic()
        code = process.wait()
        ender.cancel()
    text = "".join(said)
    assert code == 0, text[-6000:]
    assert first, f"no task of {role}"
    return time.monotonic() - first, text


def end_all(mark: str) -> None:
    """Kill until nobody carries the mark: one may have been about to fork."""
    while pids := marked(mark):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)
