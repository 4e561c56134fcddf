"""Long programs: their lines as they come, and no orphan when we are killed."""

from __future__ import annotations

import collections
import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence

from rackwright.errors import WorldRefused
from rackwright.lab.command import HERE

# A process namespace of its own: when we die (even by SIGKILL) the kernel ends everything that it has
# started, and its mounts go with its mount namespace.
TETHER = (
    "setpriv",
    "--pdeathsig",
    "KILL",
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
)


def stream(
    argv: Sequence[str],
    step: str,
    *,
    timeout: float,
    on_line: Callable[[str], None] = lambda line: None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a long program, handing over each line that it prints.

    :raises WorldRefused: it failed or ran out of time; the last lines say why.
    """
    last: collections.deque[str] = collections.deque(maxlen=8)
    try:
        process = subprocess.Popen(  # noqa: S603 - argv is a list, no shell
            [*TETHER, "--", *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **(env or {})},
        )
    except FileNotFoundError as problem:
        raise WorldRefused(HERE, step, f"{problem.filename} is not installed") from problem
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    watchdog = threading.Timer(timeout, end)
    watchdog.start()
    try:
        if process.stdout is None:
            raise WorldRefused(HERE, step, "no output")
        for line in process.stdout:
            last.append(line.rstrip())
            on_line(line.rstrip())
        code = process.wait(timeout=30)
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
    if late.is_set():
        raise WorldRefused(
            HERE, step, f"{argv[0]} did not end within {timeout:g} s; last: {' | '.join(last)}"
        )
    if code:
        raise WorldRefused(HERE, step, f"{argv[0]} ended with {code}: {' | '.join(last)}")
