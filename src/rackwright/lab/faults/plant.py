"""Plant a fault, and clear it again."""

from __future__ import annotations

from rackwright.errors import UsageError
from rackwright.lab.faults import cabling, gpus, kubernetes, nics, reboots, servers, switches
from rackwright.lab.faults.kind import Kind, Places
from rackwright.lab.faults.record import Fault, active, save
from rackwright.lab.place import read_record
from rackwright.lab.world import World
from rackwright.lock import Lock

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *cabling.KINDS,
        *servers.KINDS,
        *gpus.KINDS,
        *nics.KINDS,
        *reboots.KINDS,
        *kubernetes.KINDS,
        *switches.KINDS,
    )
}


def _up(world: World) -> None:
    if read_record(world.place) is None:
        raise UsageError(f"lab {world.place.name} is not up; run: rackwright lab up {world.place.name}")


def kind_of(name: str) -> Kind:
    """
    :raises UsageError: there is no such kind.
    """
    if name not in KINDS:
        raise UsageError(f"no fault is called {name}; there are {', '.join(KINDS)}")
    return KINDS[name]


def plant(world: World, name: str, places: Places) -> Fault:
    """Break something. The record is written first, so that an interrupted fault can be cleared.

    :raises UsageError: no such kind or place, or this kind is there already.
    """
    kind = kind_of(name)
    _up(world)
    with Lock(world.place.lock, f"lab {world.place.name}"):
        faults = active(world.place)
        if any(fault.kind == name for fault in faults):
            raise UsageError(
                f"{name} is there already; clear it first: rackwright lab fault CLUSTER {name} --clear"
            )
        fault = kind.plan(world, places)
        save(world.place, [*faults, fault])
        kind.begin(world, fault)
    return fault


def clear(world: World, name: str | None) -> list[Fault]:
    """Heal one kind, or all (None), the latest first; the faults that were there."""
    if name is not None:
        kind_of(name)
    _up(world)
    healed = []
    with Lock(world.place.lock, f"lab {world.place.name}"):
        for fault in reversed(active(world.place)):
            if name in (None, fault.kind):
                KINDS[fault.kind].clear(world, fault)
                save(world.place, [each for each in active(world.place) if each != fault])
                healed.append(fault)
    return healed
