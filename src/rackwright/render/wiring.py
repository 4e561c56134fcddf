"""Wiring: who is at the other end of a port; looked up once for the whole design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rackwright.models.design import Design, End, Server, Switch
from rackwright.models.spec import PlaneName

_ALL_MATES = 8


@dataclass(frozen=True, slots=True)
class Wiring:
    """The design's cables and devices by name."""

    far: Mapping[End, End]
    """The other end of each cabled port."""
    servers: Mapping[str, Server]
    switches: Mapping[str, Switch]
    units: Mapping[int, Sequence[Server]]
    """GPU servers by scalable unit."""
    on_plane: Mapping[PlaneName, Sequence[Server]]
    place: Mapping[tuple[str, str], int]
    """A server's place in the two lists above, by (plane or ``unit``, name)."""
    where: Mapping[str, tuple[str, int]]
    """Rack and lowest rack unit of each device; the controller and appliances stand nowhere that we know."""
    metres: Mapping[End, int]
    """Length of the cable at a port of a RoCE fabric, where it is known: headroom depends on it."""

    @classmethod
    def of(cls, design: Design) -> Wiring:
        far: dict[End, End] = {}
        for cable in design.cables:
            far[cable.a], far[cable.z] = cable.z, cable.a
        units: dict[int, list[Server]] = {}
        planes: dict[PlaneName, list[Server]] = {}
        place: dict[tuple[str, str], int] = {}
        for server in design.servers:
            if server.unit is not None:
                row = units.setdefault(server.unit, [])
                place["unit", server.name] = len(row)
                row.append(server)
            for plane in {nic.plane for nic in server.nics}:
                line = planes.setdefault(plane, [])
                place[plane, server.name] = len(line)
                line.append(server)
        return cls(
            far,
            {server.name: server for server in design.servers},
            {switch.name: switch for switch in design.switches},
            units,
            planes,
            place,
            {server.name: (server.rack, server.rack_unit) for server in design.servers}
            | {switch.name: (switch.rack, switch.rack_unit) for switch in design.switches},
            _metres(design),
        )

    def mates(self, server: Server) -> list[Server]:
        """The other servers of its unit, as a ring that starts behind it."""
        if server.unit is None:
            return []
        unit, place = self.units[server.unit], self.place["unit", server.name]
        return [*unit[place + 1 :], *unit[:place]]

    def peers(self, server: Server) -> list[Server]:
        """Mates that prove the unit with few paths: all of a small unit; in a larger one those at distances
        1, 2, 4, ... in the ring, so that paths grow with n log n and any split of the unit is crossed."""
        mates = self.mates(server)
        if len(mates) <= _ALL_MATES:
            return mates
        return [mates[(1 << power) - 1] for power in range(len(mates).bit_length())]

    def next_unit(self, server: Server) -> list[Server]:
        """One server in the unit behind its own, in a ring; empty when there is one unit only."""
        if server.unit is None or len(self.units) < 2:
            return []
        numbers = sorted(self.units)
        unit = self.units[numbers[(numbers.index(server.unit) + 1) % len(numbers)]]
        return [unit[min(self.place["unit", server.name], len(unit) - 1)]]

    def target(self, server: Server, plane: PlaneName) -> tuple[str, str] | None:
        """(name, address) of the next server on a plane that is not this one."""
        line = self.on_plane.get(plane, ())
        start = self.place.get((plane, server.name), -1)
        for step in range(1, len(line) + 1):
            other = line[(start + step) % len(line)]
            if other is not server:
                return other.name, other.on(plane)[0].address.ip
        return None

    def neighbour(self, device: str, port: str) -> End | None:
        return self.far.get(End(device, port))

    def describe(self, device: str, port: str) -> str:
        """The far end in words, e.g. ``gpu-su01-n01 enp24s0np0``."""
        far = self.neighbour(device, port)
        return f"{far.device} {far.port}" if far else "not cabled"


def _metres(design: Design) -> dict[End, int]:
    lossless = {fabric.name for fabric in design.fabrics if fabric.kind == "roce"}
    found: dict[End, int] = {}
    for cable in design.cables:
        if cable.fabric in lossless and cable.length_m is not None:
            found[cable.a] = found[cable.z] = cable.length_m
    return found
