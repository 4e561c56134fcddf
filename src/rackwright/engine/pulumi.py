"""Runs a stack with Pulumi's own engine and tells it in the same events as the in-process one.

``python -m rackwright.engine.pulumi up ...`` takes the same arguments as ``python -m rackwright.engine``.
"""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import IO

from rackwright.engine import project
from rackwright.engine.command import main
from rackwright.engine.events import OnEvent, Summary
from rackwright.engine.find import local
from rackwright.engine.operation import state_path
from rackwright.engine.pulumi_events import Translator
from rackwright.engine.state import beside
from rackwright.engine.workspace import Workspace
from rackwright.errors import RackwrightError, UsageError
from rackwright.lock import Lock

NAME = "pulumi"
POLL_SECONDS = 0.05


def run(
    operation: str,
    folder: Path,
    stack: str,
    config: Mapping[str, str],
    *,
    state_dir: Path,
    on_event: OnEvent,
    parallel: int = 64,
    expect_no_changes: bool = False,
    config_file: Path | None = None,
) -> Summary:
    """Carry out ``operation`` with the engine that is at hand; nothing is downloaded here.

    :raises RackwrightError: nothing was begun.
    """
    project.check_stack(stack)
    found = local()
    if found is None:
        raise UsageError("Pulumi's engine is not at hand; use --engine in-process")
    stack_project = project.load(folder)
    values = project.config(stack_project, stack, config, config_file)
    workspace = Workspace(found, stack_project, stack, state_dir)
    summary = Summary(NAME, operation, stack)
    lock_path = beside(state_path(state_dir, stack_project.name, stack), ".lock")
    with Lock(lock_path, f"stack {stack} of {stack_project.name}") as lock:
        began = time.monotonic()
        start = {"event": "start", "engine": NAME, "operation": operation, "stack": stack}
        on_event({**start, "version": found.version, "found": found.source})
        if lock.note:
            on_event({"event": "log", "level": "warning", "text": f"lock taken over: {lock.note}"})
        try:
            workspace.prepare(values)
            workspace.break_stale_lock(on_event)
            if operation != "preview":
                workspace.settle(on_event)
            _carry_out(operation, workspace, parallel, expect_no_changes, summary, on_event)
        except RackwrightError as error:
            summary.message, summary.exit_code = str(error), error.exit_code
        summary.seconds = round(time.monotonic() - began, 3)
    on_event(summary.event())
    return summary


def _carry_out(
    operation: str,
    workspace: Workspace,
    parallel: int,
    expect_no_changes: bool,
    summary: Summary,
    on_event: OnEvent,
) -> None:
    arguments = [operation, "--parallel", str(parallel), "--config-file", str(workspace.config_file)]
    if operation != "preview":
        arguments += ["--yes", "--skip-preview"]
    if operation in ("up", "destroy"):
        arguments.append("--continue-on-error")
    translator = Translator(summary, on_event)
    with tempfile.TemporaryDirectory(prefix="rackwright-") as scratch:
        log = Path(scratch) / "events"
        log.touch(mode=0o600)
        with (
            (Path(scratch) / "output").open("w+") as output,
            log.open() as events,
            subprocess.Popen(  # noqa: S603
                workspace.command(*arguments, "--event-log", str(log)),
                cwd=workspace.project.folder,
                env=workspace.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a terminal's Ctrl-C is passed on once, by _Interrupts
            ) as process,
            _Interrupts(process, on_event) as interrupts,
        ):
            while process.poll() is None:
                _drain(events, translator)
                time.sleep(POLL_SECONDS)
            _drain(events, translator)
            output.seek(0)
            printed = output.read()
    translator.finish(process.returncode, expect_no_changes)
    if interrupts.count:
        summary.exit_code = 130
        summary.message = "interrupted; run the command again to go on"
    elif process.returncode and summary.message.startswith("pulumi ended with"):
        summary.message = f"{summary.message}: {printed.strip()[-2000:]}"


def _drain(events: IO[str], translator: Translator) -> None:
    """Take every whole line that has been written since the last time."""
    while True:
        place = events.tell()
        line = events.readline()
        if not line.endswith("\n"):
            events.seek(place)
            return
        translator.take(json.loads(line))


class _Interrupts:
    """Passes SIGINT on: the first lets Pulumi finish what runs, the second ends it."""

    def __init__(self, process: subprocess.Popen[bytes], on_event: OnEvent) -> None:
        self._process, self._on_event = process, on_event
        self._before: dict[int, object] = {}
        self.count = 0

    def __enter__(self) -> _Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, previous in self._before.items():
            signal.signal(number, previous)  # type: ignore[arg-type]

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        self._process.send_signal(signal.SIGINT)
        text = "interrupted: nothing new begins, what runs comes to its end; once more to leave at once"
        event = {"event": "log", "level": "warning", "text": text}
        threading.Thread(target=self._on_event, args=(event,)).start()


if __name__ == "__main__":
    main(run)
