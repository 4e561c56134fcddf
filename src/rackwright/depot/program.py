"""Programs that take long: each line as it comes, a deadline, and no process left behind."""

from __future__ import annotations

import collections
import contextlib
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rackwright.errors import WorldRefused

HERE = "this machine"
LAST_LINES = 12


def run(
    argv: Sequence[str | Path],
    step: str,
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    on_line: Callable[[str], None] = lambda line: None,
) -> str:
    """Everything that a program printed, on both channels; its process group ends with it.

    :raises WorldRefused: it is not there, failed, or did not end within ``timeout`` seconds; with its
        last lines.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - argv is a list, no shell
            [*_tether(), *map(str, argv)],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except FileNotFoundError as problem:
        raise WorldRefused(HERE, step, f"{problem.filename} is not installed") from problem
    late = threading.Event()

    def end() -> None:
        late.set()
        _end(process)

    watchdog = threading.Timer(timeout, end)
    watchdog.start()
    lines: list[str] = []
    last: collections.deque[str] = collections.deque(maxlen=LAST_LINES)
    try:
        for line in process.stdout or ():
            lines.append(line)
            last.append(line.strip())
            on_line(line.rstrip())
        code = process.wait(timeout=30)
    finally:
        watchdog.cancel()
        _end(process)
    if late.is_set():
        raise WorldRefused(HERE, step, f"did not end within {timeout:g} s; last: {' | '.join(last)}")
    if code:
        raise WorldRefused(HERE, step, f"ended with {code}: {' | '.join(last)}")
    return "".join(lines)


def _tether() -> list[str]:
    """The program dies with us even when we are killed, where Linux's setpriv is at hand."""
    found = shutil.which("setpriv")
    return [found, "--pdeathsig", "KILL", "--"] if found else []


def _end(process: subprocess.Popen[str]) -> None:
    """The whole group: a compiler's children would work on for minutes."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
