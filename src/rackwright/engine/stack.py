"""Run one stack with either engine, each in a process of its own; the same events and the same summary.

>>> config = {"rackwright:cluster": "lab"}
>>> summary = run("up", home() / "stacks/fabric", "lab.core", config, state_dir=state_dir("lab"))
>>> summary.exit_code
0
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from rackwright.engine.events import Event, OnEvent, Summary
from rackwright.errors import UsageError

ENGINES = ("in-process", "pulumi")


def run(
    operation: str,
    project_dir: Path,
    stack: str,
    config: Mapping[str, str],
    *,
    state_dir: Path,
    engine: str = "in-process",
    parallel: int = 64,
    on_event: OnEvent | None = None,
    expect_no_changes: bool = False,
    timeout: float | None = None,
    stop: threading.Event | None = None,
) -> Summary:
    """Carry out ``operation`` (preview, up, refresh, destroy) and wait for its end.

    :param timeout: seconds, after which the run is asked to end as by SIGINT, and a minute later is ended.
    :param stop: when set, the run is asked to end as by SIGINT: what runs is finished, nothing new begins.
    :raises UsageError: no such engine.
    """
    if engine not in ENGINES:
        raise UsageError(f"engine {engine!r}: expected one of {', '.join(ENGINES)}")
    tell = on_event or (lambda event: None)
    module = "rackwright.engine" if engine == "in-process" else "rackwright.engine.pulumi"
    command = [sys.executable, "-m", module, operation, "--json", "--yes"]
    command += ["--project-dir", str(project_dir), "--stack", stack, "--state-dir", str(state_dir)]
    command += ["--parallel", str(parallel)]
    command += [part for key, value in config.items() for part in ("--config", f"{key}={value}")]
    command += ["--expect-no-changes"] if expect_no_changes else []
    summary = Summary(engine, operation, stack)
    noise: list[str] = []
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A terminal's Ctrl-C reaches the caller only, who decides (``stop``).
        start_new_session=True,
    ) as process:
        threading.Thread(target=_watch, args=(process, timeout, stop), daemon=True).start()
        errors = threading.Thread(target=_listen, args=(process, noise, tell), daemon=True)
        errors.start()
        try:
            for line in process.stdout or ():
                event = json.loads(line)
                tell(event)
                if event["event"] == "summary":
                    summary = _summary(event)
        except BaseException:
            _send(process, signal.SIGTERM)
            raise
        code = process.wait()
        errors.join(5)
    if summary.exit_code != code or not summary.operation:
        summary.exit_code = code if code > 0 else 3
    if code and not summary.message:
        summary.message = "\n".join(noise[-20:]) or f"the engine's process ended with {code}"
    return summary


def _summary(event: Event) -> Summary:
    return Summary(**{item.name: event[item.name] for item in fields(Summary)})


def _listen(process: subprocess.Popen[str], noise: list[str], tell: OnEvent) -> None:
    for line in process.stderr or ():
        noise.append(line.rstrip("\n"))
        tell({"event": "log", "level": "info", "text": noise[-1]})


def _send(process: subprocess.Popen[str], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)


def _watch(process: subprocess.Popen[str], timeout: float | None, stop: threading.Event | None) -> None:
    """Ask the process to end when it is time, and see that it does."""
    waited, step = 0.0, 0.2
    while (timeout is None or waited < timeout) and not (stop is not None and stop.is_set()):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(step)
            return
        waited += step
    _send(process, signal.SIGINT)
    if timeout is None:
        return
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(60)
        return
    _send(process, signal.SIGKILL)
