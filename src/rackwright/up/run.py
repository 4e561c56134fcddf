"""Run an operation on all stacks of a cluster: steps in order, shards of a step side by side.

A failure does not stop what does not depend on it: the other machines go on, and so do later steps; all
failures are told together at the end. Nothing needs a person afterwards: run the command again.
"""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from rackwright import hostkeys, paths, pipeline
from rackwright.engine import find, stack
from rackwright.engine.events import Summary
from rackwright.engine.state import write_atomically
from rackwright.lock import Lock
from rackwright.up import left_out, roles, shards
from rackwright.up.outcome import Outcome, Ran
from rackwright.up.shards import Step

SHARDS_AT_A_TIME = 8
PLATFORM = "platform"
LOCKED_SECONDS = 60.0
"""How long a stack may stay locked by what an earlier, killed run left running."""

Tell = Callable[[str, str, Mapping[str, Any]], None]
"""Called with step, shard and an engine's event; from several threads."""


@dataclass(slots=True)
class Orders:
    """How to run. ``look`` reads the world before changing it, so that drift is repaired, not overlooked."""

    engine: str | None = None
    parallel: int = 64
    look: bool = True
    expect_no_changes: bool = False
    layers: tuple[str, ...] = ()
    """Only these; none named: all of them."""
    optional: bool = False
    """``up`` may leave Kubernetes out where its depot is not filled."""
    stop: threading.Event = field(default_factory=threading.Event)


def carry_out(operation: str, planned: pipeline.Planned, orders: Orders, tell: Tell) -> Outcome:
    """Carry out ``preview``, ``up``, ``refresh`` or ``destroy``.

    :raises Locked: another run works on this cluster.
    :raises WorldRefused: ``up`` would have to leave Kubernetes out, and may not.
    :raises UsageError: the engine that was asked for cannot be had, or a layer that this cluster lacks.
    """
    shards.only(shards.steps(planned.design), orders.layers)  # a wrong layer is said before anything else
    name, state = planned.design.name, paths.state_dir(planned.design.name)
    begun, clock = time.monotonic(), time.time()
    with Lock(state / "lock", f"cluster {name}") as lock:
        why_not = _left_out(operation, planned, orders)  # before an engine is fetched
        choice = find.choose(orders.engine)
        outcome = Outcome(name, operation, choice.engine, choice.why)
        tell("", "", {"event": "engine", "engine": choice.engine, "why": choice.why})
        if lock.note:
            tell("", "", {"event": "log", "level": "warning", "text": f"lock taken over: {lock.note}"})
        outcome.left_out = why_not
        design = left_out.without(planned.design) if why_not else planned.design
        steps = shards.only(shards.steps(design), orders.layers)
        with _interrupts(orders.stop, tell):
            _Run(planned, state, orders, tell, outcome).all(operation, steps)
        outcome.interrupted = orders.stop.is_set()
    outcome.seconds = time.monotonic() - begun
    outcome.roles = roles.since(state, clock)
    return outcome


def _left_out(operation: str, planned: pipeline.Planned, orders: Orders) -> str:
    """Why Kubernetes is left out of this command. What was brought up once can always be destroyed, and the
    other layers come up without asking for it.
    """
    if operation == "destroy":
        return ""
    if operation == "up" and (not orders.layers or PLATFORM in orders.layers):
        return left_out.settle(planned, orders.optional)
    return left_out.reason(planned)


class _Run:
    """One command over all stacks."""

    def __init__(
        self, planned: pipeline.Planned, state: Path, orders: Orders, tell: Tell, outcome: Outcome
    ) -> None:
        self._planned, self._state, self._orders = planned, state, orders
        self._tell, self._outcome = tell, outcome
        self._known = _Known(state / "engine" / f"stacks.{outcome.engine}.json")

    def all(self, operation: str, steps: tuple[Step, ...]) -> None:
        if operation == "destroy":
            steps = tuple(reversed(steps))
        if operation == "up":
            hostkeys.pin_all(
                self._state,
                {server.name: [server.management.address.ip] for server in self._planned.design.servers},
            )
            if self._orders.look:
                self._look(tuple(step for step in steps if not step.late))
        for index, step in enumerate(steps):
            if self._orders.stop.is_set():
                self._outcome.remaining = [left.name for left in steps[index:]]
                return
            if operation == "refresh":
                self._look((step,))
            else:
                if operation == "up" and self._orders.look and step.late:
                    self._look((step,))
                self._step(operation, step)
        if operation == "up" and self._moved("fabric"):
            # Sessions and neighbours have come up since: record the fabric's health as it is now.
            self._look(tuple(step for step in steps if step.name == "fabric"))

    def _moved(self, name: str) -> bool:
        runs = [run for run in self._outcome.ran if run.step == name and run.operation == "up"]
        return any(run.summary.changes for run in runs)

    def _look(self, steps: tuple[Step, ...]) -> None:
        """Refresh every stack that is there, all side by side: reading disturbs nothing."""
        todo = [(step, shard) for step in steps for shard in step.shards if self._known.has(step, shard)]
        self._many([partial(self._one, "refresh", step, shard) for step, shard in todo])

    def _step(self, operation: str, step: Step) -> None:
        stages = step.stages()
        for stage in reversed(stages) if operation == "destroy" else stages:
            if self._orders.stop.is_set():
                self._outcome.remaining.append(step.name)
                return
            todo = [shard for shard in stage if operation != "destroy" or self._known.has(step, shard)]
            self._many([partial(self._one, operation, step, shard) for shard in todo])

    def _many(self, work: list[Callable[[], None]]) -> None:
        with ThreadPoolExecutor(SHARDS_AT_A_TIME, thread_name_prefix="stack") as pool:
            for done in [pool.submit(each) for each in work]:
                done.result()

    def _one(self, operation: str, step: Step, shard: str) -> None:
        if self._orders.stop.is_set():
            return
        if operation == "up":
            self._known.add(step, shard)
        begun = time.monotonic()
        summary = self._locked_or_run(operation, step, shard)
        self._outcome.ran.append(Ran(step.name, shard, operation, summary, time.monotonic() - begun))
        if operation == "destroy" and summary.exit_code == 0:
            self._known.remove(step, shard)

    def _locked_or_run(self, operation: str, step: Step, shard: str) -> Summary:
        """Run it. We hold the cluster's lock, so a locked stack is what a killed run left: it ends soon."""
        end = time.monotonic() + LOCKED_SECONDS
        while True:
            summary = stack.run(
                operation,
                shards.folder(step.layer),
                shards.stack_name(self._planned.design.name, shard),
                {"rackwright:cluster": str(self._planned.path), "rackwright:shard": shard},
                state_dir=self._state,
                engine=self._outcome.engine,
                parallel=self._orders.parallel,
                on_event=lambda event: self._tell(step.name, shard, event),
                expect_no_changes=self._orders.expect_no_changes and operation == "preview",
                stop=self._orders.stop,
            )
            busy = summary.exit_code == 3 and not summary.failed and "is locked by" in summary.message
            if not busy or time.monotonic() > end or self._orders.stop.wait(2):
                return summary


class _Known:
    """Which stacks have ever been begun; a stack that has not needs no look and no destruction."""

    def __init__(self, path: Path) -> None:
        self._path, self._mutex = path, threading.Lock()
        try:
            self._stacks: set[str] = set(json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            self._stacks = set()

    def has(self, step: Step, shard: str) -> bool:
        return f"{step.layer}/{shard}" in self._stacks

    def add(self, step: Step, shard: str) -> None:
        with self._mutex:
            self._save(self._stacks | {f"{step.layer}/{shard}"})

    def remove(self, step: Step, shard: str) -> None:
        with self._mutex:
            self._save(self._stacks - {f"{step.layer}/{shard}"})

    def _save(self, stacks: set[str]) -> None:
        if stacks != self._stacks:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            write_atomically(self._path, json.dumps(sorted(stacks)))
            self._stacks = stacks


@contextlib.contextmanager
def _interrupts(stop: threading.Event, tell: Tell) -> Iterator[None]:
    """First SIGINT or SIGTERM: nothing new begins, what runs comes to its end. Second: out at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        text = "interrupted: what runs comes to its end, nothing new begins; once more to leave at once"
        threading.Thread(
            target=tell, args=("", "", {"event": "log", "level": "warning", "text": text})
        ).start()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
