"""One SSH round trip to each machine, side by side; a machine that is away costs its deadline and no more."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from rackwright.errors import WorldRefused
from rackwright.ssh import Door, connect
from rackwright.verify.questions import Question

CONNECT_SECONDS = 8.0
DEADLINE_SECONDS = 45.0
"""For everything that one machine is asked, after the connection stands."""
PARALLEL = 64
ROUND_TRIP_SLACK = 5.0


@dataclass(frozen=True, slots=True)
class Visit:
    """What is asked of one machine."""

    door: Door
    questions: Mapping[str, Question]
    probes: Sequence[list[object]] = ()


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of one visit. ``record`` is None when the machine did not answer; ``wrong`` says why."""

    record: dict[str, Any] | None
    wrong: str | None
    seconds: float
    clock_skew: float | None = None
    """Seconds by which its clock is ahead of ours, as far as the round trip lets us tell."""
    clock_doubt: float = 0.0
    """Half the time between sending and hearing: what the skew may be wrong by."""


def program(plan: Mapping[str, Any]) -> str:
    """The agent with its plan, as text for ``python3 -``."""
    folder = resources.files("rackwright.verify")
    prober = (folder / "prober.py").read_text(encoding="utf-8")
    agent = (folder / "agent.py").read_text(encoding="utf-8")
    return f"{prober}\n{agent}\nmain(json.loads({json.dumps(json.dumps(plan))}), probe_all)\n"


def plan_of(
    questions: Mapping[str, Question], probes: Sequence[list[object]], deadline: float
) -> dict[str, Any]:
    """The plan as the agent reads it."""
    return {
        "deadline": deadline,
        "questions": {name: [question.command, question.limit] for name, question in questions.items()},
        "probes": list(probes),
    }


async def collect(
    visits: Mapping[str, Visit],
    deadline: float = DEADLINE_SECONDS,
    parallel: int = PARALLEL,
    progress: Callable[[str, bool], None] = lambda name, answered: None,
) -> dict[str, Collected]:
    """Records by device name."""
    gate = asyncio.Semaphore(parallel)

    async def one(name: str, visit: Visit) -> tuple[str, Collected]:
        async with gate:
            collected = await _visit(visit, deadline)
        progress(name, collected.record is not None)
        return name, collected

    return dict(await asyncio.gather(*(one(name, visit) for name, visit in visits.items())))


async def _visit(visit: Visit, deadline: float) -> Collected:
    begun = time.monotonic()
    text = program(plan_of(visit.questions, visit.probes, deadline))
    try:
        async with connect(visit.door, CONNECT_SECONDS) as session:
            sent = time.time()
            result = await session.run(
                ["python3", "-"], stdin=text, timeout=deadline + ROUND_TRIP_SLACK, check="verify"
            )
            heard = time.time()
    except WorldRefused as refused:
        return Collected(None, refused.found, time.monotonic() - begun)
    seconds = time.monotonic() - begun
    try:
        record = json.loads(result.out)
    except ValueError as problem:
        return Collected(None, f"its record is not JSON: {problem}", seconds)
    # The answers to probes become an answer like any other, so that checks have one way to ask.
    wrong = record.pop("probe_error", None)
    probed = (
        {"rc": 1, "out": "", "err": wrong} if wrong else {"rc": 0, "out": json.dumps(record.pop("probes"))}
    )
    record["answers"]["probes"] = probed
    # The agent reads its clock as the last thing it does, ``heard`` at the latest, ``sent + seconds`` at
    # the earliest.
    earliest = sent + float(record["seconds"] or 0)
    doubt = max(0.0, heard - earliest) / 2
    skew = float(record["clock"]) - (earliest + heard) / 2
    return Collected(record, None, seconds, skew, doubt)
