"""Run every role of a cluster again, group by group, without the other layers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rackwright import pipeline
from rackwright.errors import UsageError
from rackwright.models.design import Server
from rackwright.resources import playbook, site
from rackwright.resources.ansible_run import HostResult, Outcome
from rackwright.up import shards
from rackwright.up.software import software

PARTS = ("foundation", "platform")
PLAYBOOKS_AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Group:
    """The roles that one group of one shard gets in one part."""

    part: str
    shard: str
    group: str
    members: tuple[Server, ...]
    roles: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.part}-{self.group}-{self.shard}"


def groups(planned: pipeline.Planned, part: str, only: frozenset[str]) -> Iterator[Group]:
    """Every group of a part that has roles to run, cut down to the hosts in ``only`` (empty: all)."""
    prefix = shards.FOUNDATION if part == "foundation" else ""
    for shard in dict.fromkeys(shards.shard_of(server.unit) for server in planned.design.servers):
        for group, (members, roles) in software(planned, prefix + shard).items():
            chosen = tuple(server for server in members if not only or server.name in only)
            if chosen:
                yield Group(part, shard, group, chosen, roles)


def configure(
    planned: pipeline.Planned, hosts: list[str], check: bool, tell: Callable[[str, str], None]
) -> dict[str, dict[str, HostResult]]:
    """Results by playbook and host. A host that fails in one part does not keep others from the next.

    :raises UsageError: a host that the design does not have.
    """
    only = frozenset(hosts)
    if unknown := only - {server.name for server in planned.design.servers}:
        raise UsageError(f"no server {', '.join(sorted(unknown))} in {planned.design.name}")
    return asyncio.run(_configure(planned, only, check, tell))


async def _configure(
    planned: pipeline.Planned, only: frozenset[str], check: bool, tell: Callable[[str, str], None]
) -> dict[str, dict[str, HostResult]]:
    limit = asyncio.Semaphore(PLAYBOOKS_AT_A_TIME)
    found: dict[str, dict[str, HostResult]] = {}

    async def one(group: Group) -> None:
        inputs = {
            **site.of(planned.spec, planned.path),
            "name": group.name,
            "hosts": [server.name for server in group.members],
            "roles": list(group.roles),
        }
        async with limit:
            outcome: Outcome = await playbook.run(inputs, lambda text: tell(group.name, text), check)
        if outcome.problem:
            playbook.refuse(group.name, outcome)
        found[group.name] = dict(outcome.hosts)

    for part in PARTS:
        await asyncio.gather(*(one(group) for group in groups(planned, part, only)))
    return found
