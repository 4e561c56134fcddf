"""Draft: what the fabric builders add to while a design is made; frozen into a Design at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from rackwright.design.asn import TIERS
from rackwright.design.sizing import Clos
from rackwright.design.vrfs import Vrfs
from rackwright.models.design import Addr, CableKind, End, SwitchPort, Tier
from rackwright.models.spec import FabricKind, Nos
from rackwright.models.tables import SwitchModel

ETHERNET_MTU, INFINIBAND_MTU = 9216, 4096
"""MTU of switches' data ports: at least every host's (Cumulus, NX-OS); InfiniBand's largest (IBTA)."""


def switch_mtu(kind: FabricKind) -> int:
    """MTU of a fabric's data ports."""
    return INFINIBAND_MTU if kind == "infiniband" else ETHERNET_MTU


@dataclass(slots=True)
class SwitchDraft:
    """A switch that still gains ports."""

    name: str
    fabric: str
    kind: FabricKind
    tier: Tier
    model: SwitchModel
    nos: Nos
    place: int
    """The fabric's place among fabrics."""
    position: int
    """Place inside its class (fabric and tier), from 0; may have holes."""
    index: int
    unit: int | None = None
    rail: int | None = None
    asn: int | None = None
    loopback: Addr | None = None
    ports: list[tuple[int, SwitchPort]] = field(default_factory=list)
    """(order on the front panel, port)."""
    seat: int | None = None
    """Place among the switches that stand together (leaves of a unit; spines of a pod; cores), from 0 and by
    position; None: the rail of a unit's leaf, else ``position``."""
    pod: int | None = None
    """Pod, from 1, of a leaf or spine in a three-tier fabric."""
    serves: tuple[int, str, int, int] | None = None
    """Of an out-of-band access switch without a home, what its ports are for: a class (fabric's place, -1 for
    servers; tier), its number in the series of that class, positions that it serves. It stands near those."""
    home: int | None = None
    """Scalable unit in whose row it stands though it is not the unit's own (leaves and out-of-band switches
    that mostly serve it); None: the network room."""
    lane: int = 0
    """Parallel plane of the fabric, or the side of a dual ToR's leaf."""
    wide: int = 0
    """Position in the ranges of ASNs, loopbacks and /31 links."""

    @property
    def class_number(self) -> int:
        """Fabric and tier as one small number, whatever they are called."""
        return self.place * len(TIERS) + (TIERS.index(self.tier) if self.tier in TIERS else 0)

    def add(self, order: int, port: SwitchPort) -> None:
        self.ports.append((order, port))


@dataclass(frozen=True, slots=True)
class Link:
    """A cable without its length: ``a`` is the switch end, or the upper switch."""

    a: End
    z: End
    fabric: str
    kind: CableKind
    speed_gbps: int
    a_cage: int = 0
    """Cage that the a end is plugged into, from 1; 0: not said, it is then alone in its cage."""
    a_split: int = 1
    """Ways that this cage is split."""
    z_cage: int = 0
    z_split: int = 1
    """The same of the z end where it is a switch."""


@dataclass(frozen=True, slots=True)
class Attached:
    """What a NIC gets from the port it is plugged into."""

    address: Addr
    gateway: str | None
    speed_gbps: int


@dataclass(slots=True)
class Draft:
    """Everything so far."""

    switches: list[SwitchDraft] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    attached: dict[tuple[str, str], Attached] = field(default_factory=dict)
    """By device and port: NICs, ``bmc``, ``eth0`` of switches, controller and depot."""
    vrfs: Vrfs = field(default_factory=lambda: Vrfs((), {}))
    """Which VRF a host port is in: ``vrfs.name(plane, group)``."""
    radix: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By fabric: (ports of one switch, their speed) when every cage is split as the hosts' are."""
    clos: dict[str, Clos] = field(default_factory=dict)
    """By fabric that is not a tree: how it was sized (one lane of it)."""
    pod_units: dict[str, int] = field(default_factory=dict)
    """Units in a pod, by three-tier fabric."""
    upper_radix: dict[str, int] = field(default_factory=dict)
    """Ports of a switch above the leaves, by fabric, where it is another model than the leaves."""
    pods: dict[str, int] = field(default_factory=dict)
    """Pods of fabrics that no Clos sizing made (out of band)."""
