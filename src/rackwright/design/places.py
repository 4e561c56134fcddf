"""Places: which servers there are, what they are called and where they stand in every numbered range.

Groups of one role share that role's ranges by interleaving: with G groups, server q of group g takes position
``q * G + g`` (groups in alphabetical order). So each group can grow for ever and moves nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.spec import ClusterSpec, MachineGroup, MachineRole
from rackwright.models.tables import ServerSku, Tables

ROLES: tuple[MachineRole, ...] = ("gpu", "control-plane", "storage")


@dataclass(frozen=True, slots=True)
class Place:
    """One server before it has ports. ``position`` counts from 0 inside its role and has holes on purpose."""

    name: str
    group: str
    role: MachineRole
    sku: ServerSku
    unit: int | None
    index: int
    position: int


def power_of_two(count: int) -> int:
    """The smallest power of two that holds ``count``.

    >>> [power_of_two(n) for n in (1, 2, 3, 32, 33)]
    [1, 2, 4, 32, 64]
    """
    return 1 << max(0, count - 1).bit_length()


def groups_of(spec: ClusterSpec, role: MachineRole) -> list[tuple[str, MachineGroup]]:
    """Groups of one role, in alphabetical order."""
    return [(name, spec.machines[name]) for name in sorted(spec.machines) if spec.machines[name].role == role]


def unit_size(group: MachineGroup, tables: Tables) -> int:
    """Servers in a full scalable unit of the group."""
    return group.unit_size or tables.servers[group.sku].unit_size


def largest_unit(spec: ClusterSpec, tables: Tables) -> int:
    """Servers in the largest unit of any GPU group: address ranges and leaves are laid out for it."""
    return max([unit_size(group, tables) for _, group in groups_of(spec, "gpu")], default=1)


def given_up(spec: ClusterSpec, tables: Tables) -> int:
    """Servers' places in the first unit that reserved ports take (a place has a port on each rail)."""
    lost = 0
    for fabric in spec.fabrics.values():
        if fabric.topology == "rail-optimised" and fabric.reserved_ports:
            lost = max(lost, -(-fabric.reserved_ports // max(1, rails(spec, tables))))
    return lost


def rails(spec: ClusterSpec, tables: Tables) -> int:
    """Compute rails of the cluster: the most that any GPU group has."""
    return max([group_rails(group, tables) for _, group in groups_of(spec, "gpu")], default=0)


def group_rails(group: MachineGroup, tables: Tables) -> int:
    """Compute rails that the group cables."""
    known = {nic.rail for nic in tables.servers[group.sku].nics if nic.rail is not None}
    return min(group.rails, len(known)) if group.rails else len(known)


def places(spec: ClusterSpec, tables: Tables) -> list[Place]:
    """Every server, GPU servers first, then by group name and index."""
    found: list[Place] = []
    stride = power_of_two(largest_unit(spec, tables))
    for role in ROLES:
        groups = groups_of(spec, role)
        for lane, (name, group) in enumerate(groups):
            sku = tables.servers[group.sku]
            if role == "gpu":
                size = unit_size(group, tables)
                skipped = given_up(spec, tables) if lane == 0 else 0
                for unit_in_group, index in _fill(group.count, size, skipped):
                    unit = unit_in_group * len(groups) + lane + 1
                    label = f"{name}-su{unit:02d}-n{index:02d}"
                    found.append(Place(label, name, role, sku, unit, index, (unit - 1) * stride + index - 1))
            else:
                for place in range(group.count):
                    label = f"{name}-{place + 1:02d}"
                    position = place * len(groups) + lane
                    found.append(Place(label, name, role, sku, None, place + 1, position))
    return found


def _fill(count: int, size: int, skipped: int) -> list[tuple[int, int]]:
    """(unit from 0, index from 1) for each server; the first unit's last ``skipped`` places stay free."""
    first = max(0, size - skipped)
    filled = [(0, index + 1) for index in range(min(count, first))]
    rest = count - len(filled)
    return filled + [(1 + extra // size, extra % size + 1) for extra in range(rest)]
