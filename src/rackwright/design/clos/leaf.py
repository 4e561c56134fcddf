"""Leaf: how a leaf's cages are split, how many hosts it takes, how many leaves share a unit's rail."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.tables import SwitchModel

Ratio = tuple[int, int]
"""Oversubscription as (down, up)."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a full leaf looks like towards its hosts."""

    split: int
    speed_gbps: int
    """Of a host port."""
    hosts: int
    cages: int
    """Cages that the hosts take."""


def ratio_of(text: str) -> Ratio:
    """``"3:1"`` to (3, 1)."""
    over, _, under = text.partition(":")
    return int(over), int(under)


def host_split(model: SwitchModel, nic_gbps: int, pinned: int | None = None) -> tuple[int, int]:
    """(ways to split a host cage, speed of a host port): as many ports as still run at the NIC's speed."""
    fits = [ways for ways in (1, *model.splits) if model.speed_gbps // ways >= nic_gbps]
    split = pinned or max(fits, default=1)
    return split, min(nic_gbps, model.speed_gbps // split)


def leaf_for(
    model: SwitchModel, nic_gbps: int, hosts: int | None, ratio: Ratio, split: int | None = None
) -> Leaf:
    """A leaf for so many hosts; None: as many as keep the oversubscription with the rest as uplinks."""
    split, speed = host_split(model, nic_gbps, split)
    if hosts is None:
        if model.uplinks:
            hosts = model.ports * split
        else:
            over, under = ratio
            cages = model.ports * over * model.speed_gbps // (split * speed * under + over * model.speed_gbps)
            hosts = cages * split
    return Leaf(split, speed, hosts, -(-hosts // split))


def parts_of(hosts: int, most: int, together: int = 1) -> tuple[int, int]:
    """(leaves, hosts on each) for the hosts of a unit's rail where a leaf takes ``most``: as few leaves as
    do, evenly filled; servers that belong ``together`` (a rack of NVLink trays) stay so if no leaf is lost.

    >>> parts_of(32, 64), parts_of(144, 32), parts_of(144, 72, 18), parts_of(144, 70, 18)
    ((1, 32), (5, 29), (2, 72), (3, 54))
    """
    leaves = -(-hosts // max(1, most))
    each = -(-hosts // leaves)
    whole = -(-each // together) * together
    return (leaves, whole) if leaves > 1 and whole <= most else (leaves, each)
