"""Wiring: who is at the other end of a port; looked up once for the whole design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rackwright.models.design import Design, End, Server, Switch


@dataclass(frozen=True, slots=True)
class Wiring:
    """The design's cables and devices by name."""

    far: Mapping[End, End]
    """The other end of each cabled port."""
    servers: Mapping[str, Server]
    switches: Mapping[str, Switch]
    units: Mapping[int, Sequence[Server]]
    """GPU servers by scalable unit."""
    storage: tuple[str, ...]
    """Addresses of the storage servers on the storage plane."""
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
        for server in design.servers:
            if server.unit is not None:
                units.setdefault(server.unit, []).append(server)
        return cls(
            far,
            {server.name: server for server in design.servers},
            {switch.name: switch for switch in design.switches},
            units,
            tuple(nic.address.ip for s in design.servers if s.role == "storage" for nic in s.on("storage")),
            {server.name: (server.rack, server.rack_unit) for server in design.servers}
            | {switch.name: (switch.rack, switch.rack_unit) for switch in design.switches},
            _metres(design),
        )

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
