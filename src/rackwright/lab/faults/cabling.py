"""Faults of cables: two swapped, one pulled, a port with the wrong MTU."""

from __future__ import annotations

from collections.abc import Sequence

from rackwright.errors import UsageError, WorldRefused
from rackwright.lab import cables, hotplug, netns
from rackwright.lab.command import run
from rackwright.lab.faults import record
from rackwright.lab.faults.kind import Kind, Places, one
from rackwright.lab.faults.record import Fault, end_of
from rackwright.lab.wiring import Link
from rackwright.lab.world import World
from rackwright.models.design import Cable, End

SMALL_MTU = 1500


def _links(world: World, faults: Sequence[Fault]) -> set[Link]:
    plugged = record.plugged(world.design.cables, faults)
    return set(world.wiring.links(plugged, record.pulled(faults)))


def _rewire(world: World, before: Sequence[Fault], after: Sequence[Fault]) -> None:
    """Unplug what is plugged differently, and plug it as it now has to be. Other cables are not touched."""
    old, new = _links(world, before), _links(world, after)
    cables.unplug([port for link in sorted(old - new) for port in (link.a, link.z)])
    plugged = sorted(new - old)
    cables.plug(plugged)
    hotplug.came(world.place, plugged)


def _begin(world: World, fault: Fault) -> None:
    others = [each for each in record.active(world.place) if each != fault]
    _rewire(world, others, [*others, fault])


def _clear(world: World, fault: Fault) -> None:
    others = [each for each in record.active(world.place) if each != fault]
    _rewire(world, [*others, fault], others)


def _cabled(world: World, text: str) -> tuple[End, Cable]:
    """The cable in a port.

    :raises UsageError: there is none.
    """
    end = end_of(text)
    for cable in world.design.cables:
        if end in (cable.a, cable.z):
            return end, cable
    raise UsageError(f"{text}: no cable there; write DEVICE:PORT as the cable plan does")


def _host_cables(world: World) -> list[Cable]:
    """Cables from leaves to GPU servers on the compute plane, leaf by leaf."""
    ports = {(server.name, nic.name) for server in world.design.servers for nic in server.on("compute")}
    found = [cable for cable in world.design.cables if (cable.z.device, cable.z.port) in ports]
    return sorted(found, key=lambda cable: (cable.a.device, cable.z.device))


def _plan_miswired(world: World, places: Places) -> Fault:
    if len(places) not in (0, 2):
        raise UsageError("miswired takes two --place: the two ends that are swapped")
    if places:
        (first, one_cable), (second, other_cable) = (_cabled(world, text) for text in places)
        if one_cable == other_cable:
            raise UsageError("miswired: both ends are on the same cable")
    else:
        candidates = _host_cables(world)
        if len(candidates) < 2:
            raise UsageError("miswired: the design has no two compute cables; give two --place")
        first, second = candidates[0].z, candidates[1].z
    names = [f"{end.device}:{end.port}" for end in (first, second)]
    return Fault(
        "miswired",
        " and ".join(names),
        f"the cables in {names[0]} and {names[1]} are swapped",
        "swap them back: rackwright lab fault CLUSTER miswired --clear",
        {"ends": names},
    )


def _plan_pulled(world: World, places: Places) -> Fault:
    candidates = _host_cables(world)
    default = f"{candidates[0].z.device}:{candidates[0].z.port}" if candidates else ""
    _, cable = _cabled(world, one(places, default, "DEVICE:PORT"))
    name = f"{cable.z.device}:{cable.z.port}"
    return Fault(
        "cable-pulled",
        name,
        f"the cable between {name} and {cable.a.device}:{cable.a.port} is out; both ports have no carrier",
        "plug it in: rackwright lab fault CLUSTER cable-pulled --clear",
        {"end": name},
    )


def _plan_mtu(world: World, places: Places) -> Fault:
    candidates = _host_cables(world)
    default = f"{candidates[0].a.device}:{candidates[0].a.port}" if candidates else ""
    end = end_of(one(places, default, "SWITCH:PORT"))
    for switch in world.design.switches:
        for port in switch.ports:
            if (switch.name, port.name) == (end.device, end.port):
                name = f"{end.device}:{end.port}"
                return Fault(
                    "mtu",
                    name,
                    f"the MTU of {name} is {SMALL_MTU}, not {port.mtu}",
                    "rackwright up sets it again; so does rackwright lab fault CLUSTER mtu --clear",
                    {"end": name, "mtu": _live_mtu(world, end)},
                )
    raise UsageError(f"{end.device}:{end.port}: no such switch port; write SWITCH:PORT")


def _live_mtu(world: World, end: End) -> int:
    """What the port has now, to be put back.

    :raises WorldRefused: it is small already, or the port is not there.
    """
    facts = netns.links(world.place.netns(end.device)).get(end.port, {})
    found = facts.get("mtu")
    if not isinstance(found, int) or found <= SMALL_MTU:
        raise WorldRefused(
            f"{end.device}:{end.port}", "set the MTU", f"it is {found} already", "run rackwright up first"
        )
    return found


def _set_mtu(world: World, fault: Fault, mtu: int) -> None:
    end = end_of(fault.data["end"])
    name = world.place.netns(end.device)
    if end.port in netns.links(name):
        run(
            ["ip", "-n", name, "link", "set", "dev", end.port, "mtu", str(mtu)],
            f"set the MTU of {fault.place}",
        )


KINDS = (
    Kind("miswired", "Two cables are swapped: two --place DEVICE:PORT.", _plan_miswired, _begin, _clear),
    Kind("cable-pulled", "A cable is out: --place DEVICE:PORT.", _plan_pulled, _begin, _clear),
    Kind(
        "mtu",
        f"A switch port has MTU {SMALL_MTU}: --place SWITCH:PORT.",
        _plan_mtu,
        lambda world, fault: _set_mtu(world, fault, SMALL_MTU),
        lambda world, fault: _set_mtu(world, fault, int(fault.data["mtu"])),
    ),
)
