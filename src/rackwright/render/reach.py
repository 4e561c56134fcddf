"""Reach: who must answer whom, over which hops, and who must not. Targets are few and chosen by position."""

from __future__ import annotations

from typing import Any

from rackwright.models.design import Design, Nic, Server
from rackwright.render.wiring import Wiring

Json = dict[str, Any]


def spines_of(design: Design) -> dict[str, str]:
    """Loopback by spine of the compute fabric."""
    fabric = next((plane.fabric for plane in design.planes if plane.name == "compute"), None)
    return {
        switch.name: switch.loopback.ip
        for switch in design.switches
        if switch.fabric == fabric and switch.tier == "spine" and switch.loopback
    }


def _leaf(device: str, nic: Nic, wiring: Wiring) -> Json | None:
    """The hop of a NIC's own leaf. It may show its port or its loopback, whichever way the answer leaves
    it."""
    far = wiring.neighbour(device, nic.name)
    if far is None or nic.gateway is None:
        return None
    loopback = wiring.switches[far.device].loopback
    addresses = [nic.gateway, *([loopback.ip] if loopback else [])]
    return {"tier": "leaf", "device": far.device, "addresses": addresses}


def rails_of(server: Server, wiring: Wiring) -> list[Json]:
    """For each routed rail: same-rail peers of the unit and a few targets across spines."""
    if server.unit is None:
        return []
    mates = wiring.peers(server)
    beyond = wiring.next_unit(server)
    found = []
    for nic in server.on("compute"):
        own = _leaf(server.name, nic, wiring)
        if own is None or nic.rail is None:
            continue
        across = [
            (mate, other) for mate in mates[:1] for other in mate.on("compute") if other.rail != nic.rail
        ]
        across += [(far, other) for far in beyond for other in far.on("compute") if other.rail == nic.rail]
        found.append(
            {
                "rail": nic.rail,
                "dev": nic.name,
                "address": nic.address.ip,
                "same_hops": [own],
                "same": [
                    {"device": mate.name, "address": other.address.ip}
                    for mate in mates
                    for other in mate.on("compute")
                    if other.rail == nic.rail
                ],
                "across": [
                    {
                        "device": mate.name,
                        "rail": other.rail,
                        "address": other.address.ip,
                        "hops": [own, {"tier": "spine"}, _leaf(mate.name, other, wiring)],
                    }
                    for mate, other in across
                ],
            }
        )
    return found


def reach_of(server: Server, design: Design, wiring: Wiring) -> list[Json]:
    """From the first port of each plane: one target that must answer, and one on each plane that must not."""
    found = []
    for plane in design.planes:
        for nic in server.on(plane.name)[:1]:
            for other in design.planes:
                target = wiring.target(server, other.name)
                if target is None:
                    continue
                device, address = target
                found.append(
                    {
                        "plane": plane.name,
                        "dev": nic.name,
                        "source": nic.address.ip,
                        "to_plane": other.name,
                        "device": device,
                        "target": address,
                        "must": other.name == plane.name or other.name in plane.may_reach,
                    }
                )
    return found
