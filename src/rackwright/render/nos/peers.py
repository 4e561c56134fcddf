"""Peers: the BGP sessions of a switch, as every operating system has to say them, and their rules.

Valley-free: what comes from above goes down only. A leaf announces to its spines what it originates itself
and nothing that it learned (AS path empty), so no leaf carries traffic from one spine to another. A spine of
three tiers marks what it learns from the core and never announces a marked route to the core, so no spine
carries traffic from one core to another. Every path is then up, at most once over the top, and down.

Tenants stay apart though each reaches the shared servers: what a VRF takes from another one of its switch
is that one's own connected networks only (AS path empty), is marked, and is never announced again. Else the
shared VRF would hand one tenant's routes to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Design, Switch, Vrf
from rackwright.render.wiring import Wiring

MAXIMUM_PATHS = (64, 128, 256)
"""Equal paths that are installed: the first of these that is enough, so that growth seldom changes it."""
RT_ADMINISTRATOR = 64_512
"""First half of every route target (the second is the VNI): one number for all switches, since an automatic
one would hold each switch's own ASN. Private (RFC 6996), two bytes, so that four are left for the VNI."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A session over one cable."""

    port: str
    device: str
    asn: int | None
    up: bool
    """Towards the core."""
    address: str | None
    """The far end's address on a numbered link; None: unnumbered."""

    @property
    def name(self) -> str:
        """As BGP knows it: the port on an unnumbered link, else the far end's address."""
        return self.address or self.port


def peers_of(switch: Switch, wiring: Wiring) -> list[Peer]:
    """In port order; none on a switch without BGP."""
    if switch.asn is None:
        return []
    found = []
    for port in switch.ports:
        if port.use not in ("uplink", "downlink"):
            continue
        far = wiring.neighbour(switch.name, port.name)
        if far is None:
            continue
        other = wiring.switches[far.device]
        # The two ends of a /31 differ in the last bit.
        address = type(port.address)(port.address.value ^ 1, 31).ip if port.address else None
        found.append(Peer(port.name, other.name, other.asn, port.use == "uplink", address))
    return found


def equal_paths(switch: Switch, peers: list[Peer], wiring: Wiring) -> int:
    """How many equal paths the switch must be able to install: all its uplinks, or all links to one pod
    (cores) or one switch below."""
    below: dict[str | int, int] = {}
    for peer in peers:
        if not peer.up:
            pod = wiring.switches[peer.device].pod if switch.tier == "core" else None
            key = peer.device if pod is None else pod
            below[key] = below.get(key, 0) + 1
    most = max([sum(peer.up for peer in peers), *below.values()])
    return next((limit for limit in MAXIMUM_PATHS if limit >= most), MAXIMUM_PATHS[-1])


def bfd_of(switch: Switch, design: Design) -> bool:
    """Whether the fabric's sessions are watched by BFD."""
    row = design.spec.fabrics[switch.fabric]
    return switch.nos != "frr" if row.bfd is None else row.bfd


def vrfs_of(switch: Switch, design: Design) -> list[Vrf]:
    """VRFs that have a port on this switch, in the design's order."""
    used = {port.vrf for port in switch.ports if port.vrf is not None}
    return [vrf for vrf in design.vrfs if vrf.name in used] if used else []


def imports_of(vrf: Vrf, design: Design) -> list[Vrf]:
    """VRFs whose routes a VRF takes in beside its own: what the design says of tenants, and the planes that
    its plane may reach, of the same tenant or of nobody. Packets come back only where the other plane may
    reach this one, too: reaching has a direction, as with rules."""
    plane = design.plane(vrf.plane)
    return [
        other
        for other in design.vrfs
        if other.name in vrf.imports
        or (other.plane in plane.may_reach and (other.tenant is None or other.tenant == vrf.tenant))
    ]


def leaking(switch: Switch, design: Design) -> bool:
    """Whether a VRF of the switch takes in another one of the same switch."""
    here = vrfs_of(switch, design)
    names = {vrf.name for vrf in here}
    return any(other.name in names for vrf in here for other in imports_of(vrf, design))


def route_target(vrf: Vrf) -> str:
    """
    >>> route_target(Vrf("storage", "frontend", "storage", None, 20000, 20000))
    '64512:20000'
    """
    return f"{RT_ADMINISTRATOR}:{vrf.vni}"


def relays(switch: Switch, design: Design) -> list[str]:
    """Gateways behind which DHCP requests must be relayed to the controller: not the one of its own subnet,
    where it hears them itself."""
    controller = design.controller.value
    return [
        port.address.ip
        for port in switch.ports
        if port.use == "gateway"
        and port.address is not None
        and (controller ^ port.address.value) >> (32 - port.address.length)
    ]
