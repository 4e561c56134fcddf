"""Route: the ways of a packet through the fabric, one of each shape, and the cables beside them.

Devices that were laid out alike were rendered by the same code, so one of each shape is walked: the first,
and the one with the longest cable. Files that somebody edited are walked device by device.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rackwright.models.design import Design, End, Server, Switch
from rackwright.render.wiring import Wiring

Hop = tuple[End, End]
"""A cable, in the direction of the packet."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way from a server's port to another server's, as the cables that it takes."""

    hops: tuple[Hop, ...]

    def __str__(self) -> str:
        names = [self.hops[0][0].device, *(hop[1].device for hop in self.hops)]
        return " > ".join(names)


def servers(design: Design, everything: bool) -> list[Server]:
    """Servers with ports on the RoCE compute plane: all of them, or the first of each shape."""
    found: dict[object, Server] = {}
    for server in design.servers:
        nics = server.on("compute")
        if not nics:
            continue
        shape = server.name if everything else (server.sku, server.group, len(nics), server.tenant is None)
        found.setdefault(shape, server)
    return list(found.values())


def switches(design: Design, wiring: Wiring, fabric: str, everything: bool) -> list[Switch]:
    """A fabric's switches: all of them, or the first and the longest cabled of each shape."""
    mine = [switch for switch in design.switches if switch.fabric == fabric and switch.tier != "oob"]
    if everything:
        return mine
    first: dict[object, Switch] = {}
    longest: dict[object, tuple[int, Switch]] = {}
    for switch in mine:
        uses = Counter((port.use, port.speed_gbps, port.plane) for port in switch.ports)
        shape = switch.tier, switch.model, switch.nos, tuple(sorted(uses.items(), key=str))
        first.setdefault(shape, switch)
        reach = max((wiring.metres.get(End(switch.name, port.name), 0) for port in switch.ports), default=0)
        if shape not in longest or reach > longest[shape][0]:
            longest[shape] = reach, switch
    return [*first.values(), *(switch for _, switch in longest.values())]


def routes(start: Server, wiring: Wiring, everything: bool) -> Iterator[Route]:
    """From each compute port: to a server on its leaf, over a spine to another leaf, over a core. Over each
    spine and core with ``everything``, else over the first and the last."""
    for nic in start.on("compute"):
        near = End(start.name, nic.name)
        leaf_end = wiring.far.get(near)
        leaf = wiring.switches.get(leaf_end.device) if leaf_end else None
        if leaf is None or leaf_end is None:
            continue
        into = (near, leaf_end)
        if (down := _down(leaf, {start.name}, wiring)) is not None:
            yield Route((into, down))
        for up in _ups(leaf, wiring, everything):
            above = wiring.switches[up[1].device]
            yield from _beyond(above, (into, up), {leaf.name, start.name}, wiring, everything)


def _beyond(
    at: Switch, hops: tuple[Hop, ...], seen: set[str], wiring: Wiring, everything: bool
) -> Iterator[Route]:
    """From a spine or core down to a server that is not where the packet came from."""
    found = hops
    here, visited = at, set(seen)
    while (down := _down(here, visited, wiring)) is not None:
        found = (*found, down)
        if down[1].device in wiring.servers:
            yield Route(found)
            break
        visited.add(here.name)
        here = wiring.switches[down[1].device]
    for up in _ups(at, wiring, everything):
        above = wiring.switches[up[1].device]
        yield from _beyond(above, (*hops, up), seen | {at.name}, wiring, everything)


def _down(switch: Switch, seen: set[str], wiring: Wiring) -> Hop | None:
    """The first cable downwards to a device that was not passed yet."""
    for port in switch.ports:
        if port.use == "downlink" or (port.use == "host" and port.plane == "compute"):
            near = End(switch.name, port.name)
            far = wiring.far.get(near)
            known = far is not None and (far.device in wiring.servers or far.device in wiring.switches)
            if far is not None and known and far.device not in seen:
                return near, far
    return None


def _ups(switch: Switch, wiring: Wiring, everything: bool) -> list[Hop]:
    """A cable to each switch above, or to the first and the last."""
    above: dict[str, Hop] = {}
    for port in switch.ports:
        near = End(switch.name, port.name)
        far = wiring.far.get(near) if port.use == "uplink" else None
        if far is not None and far.device in wiring.switches:
            above.setdefault(far.device, (near, far))
    found = list(above.values())
    return found if everything or len(found) <= 2 else [found[0], found[-1]]


def cables(switch: Switch, wiring: Wiring) -> Iterator[Hop]:
    """Every cable of a switch that carries the compute plane."""
    for port in switch.ports:
        if port.use in ("uplink", "downlink") or (port.use == "host" and port.plane == "compute"):
            near = End(switch.name, port.name)
            far = wiring.far.get(near)
            if far is not None and (far.device in wiring.servers or far.device in wiring.switches):
                yield near, far
