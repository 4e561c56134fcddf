"""Bring some hosts to the lock, or only look at them: one Ansible run for each few hundred hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rackwright import hostkeys, paths
from rackwright.errors import WorldRefused
from rackwright.pipeline import Planned
from rackwright.resources import ansible_run, site
from rackwright.resources.ansible_run import HostResult

HOSTS_IN_A_RUN = 500
RUNS_AT_A_TIME = 4
ROLES_SECONDS = 3600.0
"""For all roles of a run, without its reboots."""


@dataclass(frozen=True, slots=True)
class Roles:
    """What is run, and how long a reboot of one host may take."""

    planned: Planned
    names: tuple[str, ...]
    reboot_seconds: int

    def variables(self) -> dict[str, Any]:
        """The roll has drained the hosts and puts them back itself; role ``reboot`` only reboots."""
        return {
            "reboot_allowed": "always",
            "reboot_drain_command": "",
            "reboot_return_command": "",
            "reboot_timeout": self.reboot_seconds,
        }


async def change(
    roles: Roles, hosts: Sequence[str], check: bool, tell: Callable[[str], None]
) -> Mapping[str, HostResult]:
    """Results by host. A run that could not be carried out is a failure of each of its hosts.

    :raises WorldRefused: a look that could not be carried out: nothing is known, and nothing was done.
    """
    chunks = [hosts[i : i + HOSTS_IN_A_RUN] for i in range(0, len(hosts), HOSTS_IN_A_RUN)]
    limit = asyncio.Semaphore(RUNS_AT_A_TIME)

    async def one(chunk: Sequence[str]) -> Mapping[str, HostResult]:
        async with limit:
            return await _run(roles, chunk, check, tell)

    found: dict[str, HostResult] = {}
    for part in await asyncio.gather(*(one(chunk) for chunk in chunks)):
        found |= part
    return found


async def _run(
    roles: Roles, hosts: Sequence[str], check: bool, tell: Callable[[str], None]
) -> Mapping[str, HostResult]:
    planned = roles.planned
    inputs = site.of(planned.spec, planned.path)
    # Several roles may each need a reboot, though most often one does.
    seconds = ROLES_SECONDS + (0 if check else 2 * roles.reboot_seconds)
    with site.secret_file(inputs, "ssh_key") as key:
        order = ansible_run.Order(
            inventory=planned.path,
            hosts=list(hosts),
            roles=list(roles.names),
            user=planned.spec.access.ssh_user,
            key=key,
            known_hosts=hostkeys.known_hosts(paths.state_dir(planned.design.name)),
            check=check,
            variables=roles.variables(),
            seconds=seconds,
        )
        outcome = await ansible_run.run(order, tell)
    if outcome.problem and check:
        raise WorldRefused("roles", "look", outcome.problem, "nothing was changed")
    if outcome.problem:
        failed = f"ansible-playbook: {outcome.problem}"
        return {host: HostResult(host, failed=failed) for host in hosts}
    return outcome.hosts
