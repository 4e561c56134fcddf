"""What a user asks of a roll, and the order that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field

from rackwright.errors import UsageError
from rackwright.inventory.order import ORDER
from rackwright.load.nearest import did_you_mean
from rackwright.pipeline import Planned
from rackwright.resources.playbook_digest import digest
from rackwright.roll import hooks
from rackwright.roll.journal import Order
from rackwright.roll.plan import SIZES, Size, sizes
from rackwright.up import left_out


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for; every time limit in seconds."""

    hosts: tuple[str, ...] = ()
    """Empty: all."""
    roles: tuple[str, ...] = ()
    """Empty: all."""
    sizes: tuple[Size, ...] = field(default_factory=lambda: sizes(SIZES))
    max_failures: int = 1
    drain: str = ""
    back: str = ""
    skip_failed: bool = False
    check: bool = False
    drain_seconds: float = 3600
    reboot_seconds: int = 1200
    gate_seconds: float = 300


def ordered(planned: Planned, wishes: Wishes) -> Order:
    """Hosts and roles by name, with the digest of what they lead to.

    :raises UsageError: a host, role or command that there is not.
    """
    every = [server.name for server in planned.design.servers]
    for name in wishes.hosts:
        if name not in every:
            hint = did_you_mean(name, every) or "`rackwright plan --json` names them"
            raise UsageError(f"no server {name} in {planned.design.name}; {hint}")
    known = [entry.role for entry in ORDER]
    for name in wishes.roles:
        if name not in known:
            raise UsageError(f"no role {name}; {did_you_mean(name, known) or ', '.join(known)}")
    for command in (wishes.drain, wishes.back):
        if command:
            hooks.words(command, "host")
    hosts = tuple(sorted(set(wishes.hosts) or every))
    away = left_out.roles(planned)
    roles = tuple(name for name in known if name not in away and (not wishes.roles or name in wishes.roles))
    return Order(digest(str(planned.path), hosts, roles), planned.spec.lock, roles, hosts)
