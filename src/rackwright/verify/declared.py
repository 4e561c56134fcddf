"""What the engine declared against what its resources' own reads find: a refresh and a preview on a copy of
the state.

Neither the world nor the recorded state is touched: the copy lives in a private folder and goes when it was
read.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rackwright import paths
from rackwright.engine import stack
from rackwright.pipeline import Planned
from rackwright.up import left_out, shards

SIDE_BY_SIDE = 4
STACK_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One property of one resource."""

    layer: str
    stack: str
    resource: str
    type: str
    property: str
    declared: str
    found: str


@dataclass(frozen=True, slots=True)
class Declared:
    """What came of it. ``unread``: stacks that could not be read, with the reason."""

    differences: tuple[Difference, ...]
    unread: tuple[str, ...]
    stacks: int


def differences(planned: Planned) -> Declared:
    """Differences between every stack that was ever begun and the world; none when nothing was brought up."""
    state = paths.state_dir(planned.design.name)
    begun = [
        (engine, step, shard) for engine in stack.ENGINES for step, shard in _begun(planned, state, engine)
    ]
    if not begun:
        return Declared((), (), 0)
    found: list[Difference] = []
    unread: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="rackwright-drift-") as folder,
        ThreadPoolExecutor(SIDE_BY_SIDE) as pool,
    ):
        copy = Path(folder) / "state"
        _copy(state, copy)
        jobs = [
            (step, shard, pool.submit(_stack, planned, copy, engine, step, shard))
            for engine, step, shard in begun
        ]
        for step, shard, job in jobs:
            one, reason = job.result()
            found += one
            if reason:
                unread.append(f"{shards.stack_name(planned.design.name, shard)} ({step.layer}): {reason}")
    return Declared(tuple(found), tuple(unread), len(begun))


def _begun(planned: Planned, state: Path, engine: str) -> Iterator[tuple[shards.Step, str]]:
    """Stacks that ``up`` has begun with an engine, as it wrote them down."""
    try:
        known = set(json.loads((state / "engine" / f"stacks.{engine}.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return
    for step in shards.steps(left_out.brought_up(planned)):
        for shard in step.shards:
            if f"{step.layer}/{shard}" in known:
                yield step, shard


def _copy(state: Path, to: Path) -> None:
    """The engines' memory, and the passphrase that Pulumi opens its own with; nothing else."""
    to.mkdir(mode=0o700)
    for part in ("engine", "pulumi"):
        if (state / part).is_dir():
            shutil.copytree(state / part, to / part, ignore=shutil.ignore_patterns("*.lock", "locks"))
    passphrase = state / "secrets" / "pulumi-passphrase"
    if passphrase.exists():
        (to / "secrets").mkdir(mode=0o700)
        shutil.copy2(passphrase, to / "secrets" / passphrase.name)


def _stack(
    planned: Planned, state: Path, engine: str, step: shards.Step, shard: str
) -> tuple[list[Difference], str]:
    """Refresh the copy, then preview against it: what it would change back is what has drifted."""
    name = shards.stack_name(planned.design.name, shard)
    config = {"rackwright:cluster": str(planned.path), "rackwright:shard": shard}
    folder = shards.folder(step.layer)
    looked = stack.run("refresh", folder, name, config, state_dir=state, engine=engine, timeout=STACK_SECONDS)
    if looked.exit_code:
        return [], looked.message or "; ".join(str(each) for each in looked.failed) or "refresh failed"
    events: list[Mapping[str, Any]] = []
    shown = stack.run(
        "preview",
        folder,
        name,
        config,
        state_dir=state,
        engine=engine,
        timeout=STACK_SECONDS,
        on_event=events.append,
    )
    if shown.exit_code:
        return [], shown.message or "preview failed"
    return [each for event in events for each in _of_event(step.layer, name, event)], ""


def _of_event(layer: str, name: str, event: Mapping[str, Any]) -> Iterator[Difference]:
    if event.get("event") != "end" or event.get("op") in ("same", "read", None):
        return
    if not str(event.get("type", "")).startswith("rackwright:"):
        return
    changes = event.get("changes") or {}
    if not changes:
        yield Difference(layer, name, event["name"], event["type"], "", "exists", f"missing ({event['op']})")
    for prop, change in changes.items():
        yield Difference(
            layer,
            name,
            event["name"],
            event["type"],
            prop,
            _short(change.get("new")),
            _short(change.get("old")),
        )


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    if text.startswith("sha256:"):
        return text[:19]
    return text if len(text) <= 160 else f"{text[:157]}..."
