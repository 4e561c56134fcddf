"""Read a cluster: every machine and every BMC once, side by side. The world is looked at, not changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rackwright import hostkeys, paths, secrets
from rackwright.errors import UsageError
from rackwright.pipeline import Planned
from rackwright.ssh import Door
from rackwright.verify import bmc, together
from rackwright.verify.collector import DEADLINE_SECONDS, Collected, Visit, collect
from rackwright.verify.expected import Expected
from rackwright.verify.model import Verdict
from rackwright.verify.nodes import expectations
from rackwright.verify.progress import Progress
from rackwright.verify.questions import questions, read_token

BMC_SECONDS = 8.0
"""For one answer of a BMC."""
CLAIM_SECONDS = 90.0
"""For a claim of Kubernetes to be served, image included; kubelets start a pod within seconds."""
SECOND_SECONDS = 10.0
"""Deadline of the second, small visit: reading another node's token."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Deadlines in seconds, and how many machines are visited at a time."""

    node: float = DEADLINE_SECONDS
    bmc: float = BMC_SECONDS
    parallel: int = 64
    claims: float = CLAIM_SECONDS
    """For a claim on every GPU node to be served; 0: none is made."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cluster said."""

    expected: Mapping[str, Expected]
    collected: Mapping[str, Collected]
    second: Mapping[str, Collected]
    """The second visit: another node's token, by the reader's name."""
    bmcs: Mapping[str, bmc.Bmc]
    bmc_missing: str
    """Why no BMC was asked; empty when they were."""

    def around(self, planned: Planned) -> list[Verdict]:
        """What is said of machines from outside: power, BMC, reach; and what nobody asks yet."""
        gates = together.gates_of(planned.design)
        verdicts = []
        for server in planned.design.servers:
            gate = gates.get((server.name, True), ())
            verdicts += bmc.verdicts(server, self.bmcs.get(server.name), self.bmc_missing, gate)
        return [*verdicts, *together.reach(planned.design, self.collected), *unread(planned, self.expected)]


async def read(
    planned: Planned,
    progress: Progress,
    limits: Limits,
    run: str | None,
    wires: Mapping[str, list[list[object]]],
) -> Reading:
    """Visit everything. ``run`` None: no token is written on the storage; ``wires``: probes by server."""
    expected = expectations(planned)
    readable = {name: want for name, want in expected.items() if why_unread(planned, name) is None}
    with doors(planned, readable) as ways:
        visits = {}
        for name, want in readable.items():
            asked = questions(want, run or "")
            if run is None:
                asked.pop("token", None)
            visits[name] = Visit(ways[name], asked, wires.get(name, []))
        progress.begin("Reading machines", len(visits))
        asked_bmcs = asyncio.create_task(_bmcs(planned, limits.bmc))
        collected = await collect(visits, limits.node, limits.parallel, progress.step)
        second: Mapping[str, Collected] = {}
        if run is not None:
            second = await _tokens(ways, expected, collected, limits, run)
        bmcs, missing = await asked_bmcs
    progress.end()
    return Reading(expected, collected, second, bmcs, missing)


async def _tokens(
    ways: Mapping[str, Door],
    expected: Mapping[str, Expected],
    collected: Mapping[str, Collected],
    limits: Limits,
    run: str,
) -> Mapping[str, Collected]:
    """Read on each node what the one before it wrote; only now has every node written."""
    visits = {}
    for name, peer in together.readers(expected).items():
        store = expected[name].storage
        if store is not None and name in collected and collected[name].record is not None:
            visits[name] = Visit(ways[name], {"peer_token": read_token(store.mount, peer, run)})
    return await collect(visits, SECOND_SECONDS, limits.parallel)


def why_unread(planned: Planned, name: str) -> str | None:
    """Why a device cannot be read yet; None when it can."""
    switch = next((s for s in planned.design.switches if s.name == name), None)
    if switch is not None and switch.nos != "frr":
        return f"reading a switch that runs {switch.nos} is not built yet"
    return None


def unread(planned: Planned, expected: Mapping[str, Expected]) -> Iterator[Verdict]:
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
    try:
        password = secrets.resolve(access.bmc_password, planned.path, state)
        ca: Path | None = secrets.path_of(access.bmc_ca, planned.path, state)
    except UsageError as problem:
        return {}, str(problem)
    servers = planned.design.servers
    if ca is None:
        with secrets.as_file(access.bmc_ca, planned.path, state) as lent:
            return await bmc.ask_all(servers, access.bmc_user, password, lent, limit), ""
    return await bmc.ask_all(servers, access.bmc_user, password, ca, limit), ""
