"""``rackwright verify``: visit every machine once, judge what they said, name the causes. Nothing is
changed."""

from __future__ import annotations

import asyncio
import contextlib
import secrets as random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rackwright import __version__, hostkeys, paths, secrets
from rackwright.errors import UsageError
from rackwright.models.design import Server
from rackwright.pipeline import Planned, plan
from rackwright.ssh import Door
from rackwright.verify import bmc, causes, fleet, together
from rackwright.verify.collector import DEADLINE_SECONDS, Collected, Visit, collect
from rackwright.verify.expected import Expected
from rackwright.verify.model import Result, Verdict
from rackwright.verify.nodes import expectations, record_file
from rackwright.verify.probes import Prober
from rackwright.verify.progress import Progress
from rackwright.verify.questions import questions, read_token

BMC_SECONDS = 8.0
"""For one answer of a BMC."""
SECOND_SECONDS = 10.0
"""Deadline of the second, small visit: reading another node's token."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Deadlines in seconds, and how many machines are visited at a time."""

    node: float = DEADLINE_SECONDS
    bmc: float = BMC_SECONDS
    parallel: int = 64


def verify(cluster: str, progress: Progress, limits: Limits | None = None) -> Result:
    """All verdicts and findings on a cluster.

    :raises BadInput: the cluster file is wrong.
    """
    return asyncio.run(_verify(plan(cluster), progress, limits or Limits()))


async def _verify(planned: Planned, progress: Progress, limits: Limits) -> Result:
    begun, started = time.monotonic(), datetime.now(UTC)
    run = random.token_hex(6)
    expected = expectations(planned)
    readable = {name: want for name, want in expected.items() if why_unread(planned, name) is None}
    prober = Prober(planned.design)
    wires = {s.name: [p.wire() for p in prober.probes(s)] for s in planned.design.servers}
    with doors(planned, readable) as ways:
        visits = {
            name: Visit(ways[name], questions(want, run), wires.get(name, []))
            for name, want in readable.items()
        }
        progress.begin("Reading machines", len(visits))
        asked_bmcs = asyncio.create_task(_bmcs(planned, limits.bmc))
        collected = await collect(visits, limits.node, limits.parallel, progress.step)
        ring = {n: p for n, p in together.readers(expected).items() if collected[n].record is not None}
        mounts = {n: expected[n].storage for n in ring}
        again = {
            name: Visit(ways[name], {"peer_token": read_token(store.mount, ring[name])})
            for name, store in mounts.items()
            if store is not None
        }
        second = await collect(again, SECOND_SECONDS, limits.parallel)
        bmcs, bmc_missing = await asked_bmcs
    progress.begin("Judging", None)
    records = {
        name: record_file(
            expected[name], (visit.record or {}).get("answers", {}), wires.get(name, []), run, visit.wrong
        )
        for name, visit in collected.items()
    }
    gates = together.gates_of(planned.design)
    verdicts = [
        verdict
        for server in planned.design.servers
        for verdict in bmc.verdicts(
            server, bmcs.get(server.name), bmc_missing, gates.get((server.name, True), ())
        )
    ]
    verdicts += together.reach(planned.design, collected)
    verdicts += _unread(planned, expected)
    verdicts += await asyncio.to_thread(fleet.judge, planned.path, run, records)
    verdicts += together.clocks(collected)
    verdicts += together.shared(expected, second, together.readers(expected), run)
    simulated = planned.spec.physical.simulated
    progress.end()
    return Result(
        cluster=planned.design.name,
        simulated=simulated,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - begun, 1),
        rackwright=__version__,
        devices={name: _device(expected[name], visit) for name, visit in collected.items()},
        verdicts=tuple(verdicts),
        findings=tuple(causes.find(verdicts)),
    )


def why_unread(planned: Planned, name: str) -> str | None:
    """Why a device cannot be read yet; None when it can."""
    switch = next((s for s in planned.design.switches if s.name == name), None)
    if switch is not None and switch.nos != "frr":
        return f"reading a switch that runs {switch.nos} is not built yet"
    return None


def _unread(planned: Planned, expected: Mapping[str, Expected]) -> Iterator[Verdict]:
    """Devices that nothing is asked of: listed as not measured, and not due."""
    for name in expected:
        why = why_unread(planned, name)
        if why is not None:
            yield Verdict("all", "reach", name, None, "not measured", why, "as designed", "none", due=False)


@contextlib.contextmanager
def doors(planned: Planned, expected: Mapping[str, Expected]) -> Iterator[dict[str, Door]]:
    """The SSH door of each device; the key lies in a file only while it is used."""
    state = paths.state_dir(planned.design.name)
    access = planned.spec.access
    with secrets.as_file(access.ssh_key, planned.path, state) as key:
        known = hostkeys.known_hosts(state)
        yield {
            name: Door(name, want.management.split("/")[0], access.ssh_user, key, known)
            for name, want in expected.items()
        }


async def _bmcs(planned: Planned, limit: float) -> tuple[dict[str, bmc.Bmc], str]:
    """Answers by server; an empty dictionary and why when they cannot be asked at all."""
    state, access = paths.state_dir(planned.design.name), planned.spec.access
    servers: tuple[Server, ...] = planned.design.servers
    try:
        password = secrets.resolve(access.bmc_password, planned.path, state)
        ca: Path | None = secrets.path_of(access.bmc_ca, planned.path, state)
    except UsageError as problem:
        return {}, str(problem)
    if ca is None:
        with secrets.as_file(access.bmc_ca, planned.path, state) as lent:
            return await bmc.ask_all(servers, access.bmc_user, password, lent, limit), ""
    return await bmc.ask_all(servers, access.bmc_user, password, ca, limit), ""


def _device(want: Expected, visit: Collected) -> dict[str, object]:
    return {
        "kind": want.kind,
        "role": want.role or want.tier,
        "answered": visit.record is not None,
        "seconds": round(visit.seconds, 2),
        "wrong": visit.wrong,
    }
