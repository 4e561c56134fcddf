"""Pods: how packets find them without a tunnel, and which planes they are kept off.

Pods have no plane of their own: they ride on the business plane. Each leaf knows which part of the pods'
prefix lies behind which of its ports, tells the others by BGP, and lets it in; each node sends everything
for pods to its leaf, and nothing from pods to the compute plane. A claim that gives a pod a NIC brings that
NIC's own routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from rackwright.models.design import Design, Nic, Server, Switch
from rackwright.models.spec import PlaneName
from rackwright.render.wiring import Wiring

PLANE: PlaneName = "business"
OWN, OFF = 1000, 900
"""Priorities of a node's rules: before those of its ports (1000 and their table number)."""


@dataclass(frozen=True, slots=True)
class NodePods:
    """What a node's port says of pods: its own part, and prefixes that pods never reach."""

    own: str
    off: tuple[str, ...]


def prefix(design: Design) -> str | None:
    """All pods' addresses, where the planes route them."""
    section = design.spec.kubernetes
    carried = any(plane.name == PLANE for plane in design.planes)
    return section.pods if section is not None and carried else None


def destinations(nic: Nic, design: Design) -> tuple[str, ...]:
    """What a node sends to its leaf beside its plane: pods, and services, whose addresses become pods' on the
    way out."""
    section = design.spec.kubernetes
    inside = prefix(design) if of_nic(nic, design) else None
    return (inside, section.services) if inside and section else ()


def of_nic(nic: Nic, design: Design) -> NodePods | None:
    """Of the port that a node has its address on; None for all others."""
    made = design.kubernetes
    if made is None or nic.plane != PLANE or prefix(design) is None:
        return None
    node = made.at.get(nic.address.ip)
    off = tuple(plane.prefix for plane in design.planes if plane.name == "compute")
    return NodePods(node.pods, off) if node else None


def bridge(server: Server, design: Design) -> str | None:
    """Address of the bridge of a server's pods: the first of its part. Cilium has none."""
    section = design.spec.kubernetes
    if section is None or section.cni != "routed":
        return None
    found = next((each for nic in server.nics if (each := of_nic(nic, design))), None)
    if found is None:
        return None
    network = IPv4Network(found.own)
    return f"{network[1]}/{network.prefixlen}"


def behind(switch: Switch, design: Design, wiring: Wiring) -> list[tuple[str, str]]:
    """(part of the pods' prefix, address of its node) behind a leaf's own ports."""
    made = design.kubernetes
    if made is None or switch.tier != "leaf" or prefix(design) is None:
        return []
    found = []
    for port in switch.ports:
        if port.use != "host" or port.plane != PLANE:
            continue
        far = wiring.neighbour(switch.name, port.parent or port.name)
        server = wiring.servers.get(far.device) if far else None
        for nic in server.on(PLANE) if server else ():
            node = made.at.get(nic.address.ip)
            if node and port.address and nic.gateway == port.address.ip:
                found.append((node.pods, node.address))
    return found


def limit(design: Design) -> str | None:
    """Where the planes do not route pods, in words; None: they do, or need not."""
    fabric = next((plane.fabric for plane in design.planes if plane.name == PLANE), None)
    if prefix(design) is None:
        return None
    others: list[str] = sorted(
        {switch.nos for switch in design.switches if switch.fabric == fabric and switch.nos != "frr"}
    )
    isolated = any(each.name == fabric and each.isolation == "vrf" for each in design.fabrics)
    others += ["VRFs"] if isolated else []
    return f"pods: no routes to them are rendered for {', '.join(others)}" if others else None


def carried(switch: Switch, design: Design) -> str | None:
    """The pods' prefix, on switches of the fabric that carries them."""
    mine = any(plane.name == PLANE and plane.fabric == switch.fabric for plane in design.planes)
    return prefix(design) if mine else None
