"""One run of the in-process engine on one stack, from the lock to the summary."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from rackwright.engine import program, project, sweep
from rackwright.engine.acts import Acts
from rackwright.engine.deployment import Deployment
from rackwright.engine.events import OnEvent, Summary
from rackwright.engine.journal import Journal, replay
from rackwright.engine.state import beside, load, save
from rackwright.errors import RackwrightError
from rackwright.lock import Lock

NAME = "in-process"


def state_path(state_dir: Path, project_name: str, stack: str) -> Path:
    """Where the state of a stack lies."""
    return state_dir / "engine" / project_name / f"{stack}.json"


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
    """Carry out ``operation``; must be called in the main thread, once per process.

    :raises RackwrightError: nothing was begun (bad input, another run holds the lock, state damaged).
    """
    project.check_stack(stack)
    stack_project = project.load(folder)
    values = project.config(stack_project, stack, config, config_file)
    path = state_path(state_dir, stack_project.name, stack)
    summary = Summary(NAME, operation, stack)
    with Lock(beside(path, ".lock"), f"stack {stack} of {stack_project.name}") as lock:
        began = time.monotonic()
        on_event({"event": "start", "engine": NAME, "operation": operation, "stack": stack})
        if lock.note:
            on_event({"event": "log", "level": "warning", "text": f"lock taken over: {lock.note}"})
        acts = _open(path, operation, on_event, summary, parallel)
        try:
            with _Interrupts(acts):
                _carry_out(operation, stack_project, stack, values, acts)
        except RackwrightError as error:
            summary.message, summary.exit_code = str(error), error.exit_code
        finally:
            acts.close()
            _close(path, acts)
        summary.seconds = round(time.monotonic() - began, 3)
        _judge(summary, acts, expect_no_changes)
    on_event(summary.event())
    return summary


def _open(path: Path, operation: str, on_event: OnEvent, summary: Summary, parallel: int) -> Acts:
    """Load what is remembered, with what an interrupted run has left in its journal."""
    state, journal_path = load(path), beside(path, ".journal")
    half_done = replay(journal_path, state)
    if half_done:
        text = f"an earlier run was killed in the middle of {half_done} acts; they are looked at again"
        on_event({"event": "log", "level": "warning", "text": text})
    if operation == "preview":
        return Acts(state, None, on_event, summary, parallel)
    save(path, state)
    journal_path.unlink(missing_ok=True)
    return Acts(state, Journal(journal_path), on_event, summary, parallel)


def _close(path: Path, acts: Acts) -> None:
    """Write the state; the journal goes only when that has worked."""
    if acts.journal is None:
        return
    try:
        save(path, acts.state)
    except OSError:
        acts.journal.close(keep=True)
        raise
    acts.journal.close(keep=False)


def _carry_out(
    operation: str, stack_project: project.Project, stack: str, values: Mapping[str, str], acts: Acts
) -> None:
    if operation == "refresh":
        sweep.refresh(acts)
        acts.summary.outputs = acts.state.outputs
        return
    if operation == "destroy":
        sweep.delete(acts, list(acts.state.resources.values()), preview=False)
        if not acts.state.resources and acts.journal is not None:
            acts.journal.outputs({})
            acts.state.outputs = {}
        return
    preview = operation == "preview"
    deployment = Deployment(acts, preview)
    program.run(stack_project, stack, values, deployment, preview=preview, parallel=acts.parallel)
    if not acts.stopping.is_set():
        sweep.delete(acts, deployment.orphans(), preview=preview)
    acts.summary.outputs = deployment.settled_outputs(acts.state.outputs)
    if acts.journal is not None:
        acts.journal.outputs(dict(acts.summary.outputs))
        acts.state.outputs = acts.summary.outputs


def _judge(summary: Summary, acts: Acts, expect_no_changes: bool) -> None:
    """The exit code, from what has happened."""
    if acts.stopping.is_set():
        summary.exit_code = 130
        summary.message = "interrupted; what is listed as not begun remains, run the command again"
    elif summary.failed and not summary.exit_code:
        summary.exit_code = 3
        summary.message = (
            f"{len(summary.failed)} failed, {len(summary.skipped)} not begun; run the command again"
        )
    elif expect_no_changes and summary.changes and not summary.exit_code:
        summary.exit_code = 1
        summary.message = f"{summary.changes} changes although none were expected"


class _Interrupts:
    """First SIGINT or SIGTERM: no new act begins, those that run come to their end. Second: out at once.

    Going out at once loses nothing: the journal knows what was begun.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts
        self._before: dict[int, object] = {}

    def __enter__(self) -> _Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, previous in self._before.items():
            signal.signal(number, previous)  # type: ignore[arg-type]

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._acts.stopping.is_set():
            os._exit(130)
        self._acts.stopping.set()
        text = "interrupted: nothing new begins, what runs comes to its end; once more to leave at once"
        # From another thread: the interrupted one may hold the lock of the output.
        threading.Thread(
            target=self._acts.tell, args=("log",), kwargs={"level": "warning", "text": text}
        ).start()
