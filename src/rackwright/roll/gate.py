"""The health gate: a host returns only when its own checks pass, those of ``rackwright verify``.

Own: what the host itself says of its driver, GPUs, fabric manager, NICs, RDMA devices, ports, neighbours,
routes, files and mounts. Left out is what sends probes over the fabric or writes on the shared file system.
Services take a while after a reboot, so that a host is looked at again until its time is over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping

from rackwright.locks import LockRow, load_lock
from rackwright.pipeline import Planned
from rackwright.verify.checks.every import CHECKS, Subject, every
from rackwright.verify.collector import DEADLINE_SECONDS, Collected, Visit, collect
from rackwright.verify.expected import Expected
from rackwright.verify.facts import from_record
from rackwright.verify.model import Verdict
from rackwright.verify.nodes import expectations
from rackwright.verify.questions import Question, questions
from rackwright.verify.reading import doors
from rackwright.verify.run import MEASURED

NAMES = tuple(name for name in CHECKS if name not in MEASURED)
PAUSE_SECONDS = 3.0
SHOWN = 4
"""Wrong facts that a reason names; the others are counted."""


class Gate:
    """Asks hosts; expectations and lock are worked out once."""

    def __init__(self, planned: Planned) -> None:
        self._planned = planned
        self._expected: Mapping[str, Expected] = expectations(planned)
        self._lock: Mapping[str, LockRow] = load_lock(planned.spec.lock).rows

    async def boots(self, hosts: Iterable[str]) -> dict[str, tuple[str, str]]:
        """(boot id, why it did not answer) of each; one of the two is empty."""
        asked = {"boot": Question("cat /proc/sys/kernel/random/boot_id")}
        found = await self._visit(dict.fromkeys(hosts, asked))
        return {name: _boot(visit) for name, visit in found.items()}

    async def wrong(self, hosts: Iterable[str], seconds: float) -> dict[str, str]:
        """Why a host may not return, empty where it may; asked again until it may or ``seconds`` are over."""
        deadline = time.monotonic() + seconds
        found: dict[str, str] = {}
        waiting = set(hosts)
        while True:
            found |= await self._once(waiting)
            waiting = {name for name in waiting if found[name]}
            if not waiting or time.monotonic() + PAUSE_SECONDS > deadline:
                return found
            await asyncio.sleep(PAUSE_SECONDS)

    async def _once(self, hosts: Iterable[str]) -> dict[str, str]:
        asked = {}
        for name in hosts:
            asked[name] = questions(self._expected[name])
            asked[name].pop("token", None)  # writes on the shared file system
        visits = await self._visit(asked)
        return {name: self._judge(name, visit) for name, visit in visits.items()}

    async def _visit(self, asked: Mapping[str, Mapping[str, Question]]) -> dict[str, Collected]:
        with doors(self._planned, {name: self._expected[name] for name in asked}) as ways:
            visits = {name: Visit(ways[name], questions) for name, questions in asked.items()}
            return await collect(visits, DEADLINE_SECONDS)

    def _judge(self, name: str, visit: Collected) -> str:
        if visit.record is None:
            return visit.wrong or "no answer"
        facts = from_record(visit.record)
        return reason(every(Subject(self._expected[name], facts, self._lock), NAMES))


def _boot(visit: Collected) -> tuple[str, str]:
    if visit.record is None:
        return "", visit.wrong or "no answer"
    return visit.record["answers"]["boot"]["out"].strip(), ""


def reason(verdicts: Iterable[Verdict]) -> str:
    """What is wrong, in words; empty where every due verdict passes. What was not measured has not passed."""
    bad = [v for v in verdicts if v.outcome == "fail" or (v.outcome == "not measured" and v.due)]
    texts = [_words(verdict) for verdict in bad[:SHOWN]]
    more = [f"and {len(bad) - SHOWN} more"] if len(bad) > SHOWN else []
    return "; ".join(texts + more)


def _words(verdict: Verdict) -> str:
    where = f"{verdict.port} " if verdict.port else ""
    word = "not measured: " if verdict.outcome == "not measured" else "found "
    return f"{verdict.layer}: {where}{verdict.check}: {word}{verdict.found}, expected {verdict.expected}"
