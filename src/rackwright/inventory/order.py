"""Which server gets which roles, and in which order: the one table that playbooks, stacks and groups follow.

A role's name is also its group: ``ansible-playbook playbooks/site.yml --limit nccl`` means those that get it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rackwright.inventory.about import About
from rackwright.models.spec import MachineRole

Part = Literal["foundation", "platform"]
"""Foundation: what storage needs (packages' source, planes, file system). Platform: everything after it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A role, the part of the run that it belongs to, and who gets it."""

    role: str
    part: Part
    wanted: Callable[[About], bool]


def everyone(about: About) -> bool:
    """Every server."""
    return True


def stores(about: About) -> bool:
    """Servers and clients of the shared file system, where the site has one."""
    parts: tuple[MachineRole, ...] = ("storage", "gpu")
    return about.design.spec.storage is not None and about.server.role in parts


def rows(*names: str) -> Callable[[About], bool]:
    """Every server whose host lock has the rows."""
    return lambda about: about.has(*names)


def nvidia(*names: str) -> Callable[[About], bool]:
    """Servers with NVIDIA GPUs whose host lock has the rows."""
    return lambda about: about.vendor == "nvidia" and about.has(*names)


def amd(*names: str) -> Callable[[About], bool]:
    """Servers with AMD GPUs whose host lock has the rows."""
    return lambda about: about.vendor == "amd" and about.has(*names)


ORDER: tuple[Entry, ...] = (
    Entry("base", "foundation", everyone),
    Entry("host_network", "foundation", everyone),
    Entry("glusterfs", "foundation", stores),
    Entry("nvidia_driver", "platform", nvidia("driver")),
    Entry("nccl", "platform", nvidia("nccl")),
)
"""Roles in the order in which they run."""


def roles_of(about: About, part: Part | None = None) -> tuple[str, ...]:
    """Roles of one server, in order; of both parts where none is named."""
    return tuple(entry.role for entry in ORDER if part in (None, entry.part) and entry.wanted(about))
