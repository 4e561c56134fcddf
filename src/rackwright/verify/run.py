"""``rackwright verify``: visit every machine once, judge what they said, name the causes. Nothing is
changed."""

from __future__ import annotations

import asyncio
import secrets as random
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from rackwright import __version__
from rackwright.locks import load_lock
from rackwright.pipeline import Planned, plan
from rackwright.verify import causes, fleet, left_out, together
from rackwright.verify.checks.every import CHECKS, Subject, every
from rackwright.verify.collector import Collected
from rackwright.verify.expected import Expected
from rackwright.verify.facts import from_record
from rackwright.verify.kubernetes import claims
from rackwright.verify.kubernetes import verdicts as whole
from rackwright.verify.kubernetes.reading import read as seen_in
from rackwright.verify.kubernetes.seen import Seen
from rackwright.verify.model import Result, Verdict
from rackwright.verify.nodes import record_file
from rackwright.verify.probes import Prober
from rackwright.verify.progress import Progress
from rackwright.verify.reading import Limits, Reading, read

__all__ = ["Limits", "look", "verify"]

MEASURED = frozenset({"probing", "writable"})
"""Checks that send probes or write a token; a look does neither."""


def verify(cluster: str, progress: Progress, limits: Limits | None = None) -> Result:
    """All verdicts and findings on a cluster.

    :raises BadInput: the cluster file is wrong.
    """
    return asyncio.run(_verify(plan(cluster), progress, limits or Limits()))


def look(cluster: str, progress: Progress, limits: Limits | None = None) -> Result:
    """What can be read without a probe or a written byte: declared against found."""
    return asyncio.run(_look(plan(cluster), progress, limits or Limits()))


async def _verify(planned: Planned, progress: Progress, limits: Limits) -> Result:
    begun, started = time.monotonic(), datetime.now(UTC)
    run = random.token_hex(6)
    prober = Prober(planned.design)
    wires = {s.name: [p.wire() for p in prober.probes(s)] for s in planned.design.servers}
    reading, seen = await asyncio.gather(read(planned, progress, limits, run, wires), kubernetes(planned))
    attempt = None
    if seen is not None and seen.wrong is None and limits.claims > 0:
        progress.begin("Claiming devices on GPU nodes", None)
        attempt = await claims.attempt(planned, seen, limits.claims)
    progress.begin("Judging", None)
    records = {
        name: record_file(
            reading.expected[name],
            (visit.record or {}).get("answers", {}),
            wires.get(name, []),
            run,
            visit.wrong,
        )
        for name, visit in reading.collected.items()
    }
    verdicts = reading.around(planned)
    verdicts += await asyncio.to_thread(fleet.judge, planned.path, run, records)
    verdicts += together.clocks(reading.collected)
    verdicts += together.shared(reading.expected, reading.second, together.readers(reading.expected), run)
    verdicts += platform(planned, reading, seen, attempt)
    progress.end()
    return _result(planned, reading, verdicts, started, time.monotonic() - begun)


async def _look(planned: Planned, progress: Progress, limits: Limits) -> Result:
    begun, started = time.monotonic(), datetime.now(UTC)
    reading, seen = await asyncio.gather(read(planned, progress, limits, None, {}), kubernetes(planned))
    lock = load_lock(planned.spec.lock).rows
    verdicts = reading.around(planned)
    for name, visit in reading.collected.items():
        facts = from_record(visit.record, visit.wrong or "no record")
        names = [check for check in CHECKS if check not in MEASURED]
        verdicts += every(Subject(reading.expected[name], facts, lock), names)
    verdicts += platform(planned, reading, seen, None)
    return _result(planned, reading, verdicts, started, time.monotonic() - begun)


async def kubernetes(planned: Planned) -> Seen | None:
    """What the API says; None where the design has no Kubernetes, or where it was left out."""
    return None if left_out.reason(planned.design.name) is not None else await seen_in(planned)


def platform(
    planned: Planned, reading: Reading, seen: Seen | None, attempt: claims.Attempt | None
) -> list[Verdict]:
    """Verdicts on Kubernetes as a whole."""
    if seen is None:
        reason = left_out.reason(planned.design.name)
        return list(whole.left_out(planned, reason)) if reason is not None else []
    answers = {name: (visit.record or {}).get("answers", {}) for name, visit in reading.collected.items()}
    return list(whole.verdicts(planned, seen, reading.expected, answers, attempt))


def _result(
    planned: Planned, reading: Reading, verdicts: Iterable[Verdict], started: datetime, seconds: float
) -> Result:
    verdicts = tuple(verdicts)
    return Result(
        cluster=planned.design.name,
        simulated=planned.spec.physical.simulated,
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
        rackwright=__version__,
        devices={name: _device(reading.expected[name], visit) for name, visit in reading.collected.items()},
        verdicts=verdicts,
        findings=tuple(causes.find(verdicts)),
    )


def _device(want: Expected, visit: Collected) -> dict[str, object]:
    return {
        "kind": want.kind,
        "role": want.role or want.tier,
        "answered": visit.record is not None,
        "seconds": round(visit.seconds, 2),
        "wrong": visit.wrong,
    }
