"""Design: everything derived from a ClusterSpec. Slotted and frozen: a hundred thousand GPUs must fit.

Names, addresses, ASNs and ports come from position (fabric, unit, rail, index), never from a running count:
adding a server, a unit or a spine moves nothing that exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.models.qos import RoceContract
from rackwright.models.spec import ClusterSpec, FabricKind, MachineRole, Nos, PlaneName, Topology

Tier = Literal["leaf", "spine", "core", "oob"]
CableKind = Literal["host-leaf", "leaf-spine", "spine-core", "oob"]
Isolation = Literal["rules", "vrf"]


@dataclass(frozen=True, slots=True)
class Addr:
    """An IPv4 interface address. ``value`` is the address as an integer, ``length`` the prefix length.

    >>> str(Addr(0x0A400001, 31)), Addr(0x0A400001, 31).network
    ('10.64.0.1/31', '10.64.0.0/31')
    """

    value: int
    length: int

    @property
    def ip(self) -> str:
        v = self.value
        return f"{v >> 24}.{v >> 16 & 255}.{v >> 8 & 255}.{v & 255}"

    @property
    def network(self) -> str:
        mask = (0xFFFFFFFF << (32 - self.length)) & 0xFFFFFFFF
        return f"{Addr(self.value & mask, self.length).ip}/{self.length}"

    def __str__(self) -> str:
        return f"{self.ip}/{self.length}"


@dataclass(frozen=True, slots=True)
class Nic:
    """One network port of a server, bound to a plane. The binding travels on to every artifact."""

    name: str
    """Kernel interface name on the SKU, e.g. ``enp24s0np0``."""
    plane: PlaneName
    mac: str | None
    """From assets.yaml; None where the file does not know."""
    address: Addr
    gateway: str | None
    """Next hop on the plane (the leaf's end of the /31); None on a flat plane (management)."""
    mtu: int
    speed_gbps: int
    rail: int | None = None
    """Compute rail, from 0; None on other planes."""
    rdma: str | None = None
    """RDMA device, e.g. ``mlx5_0``; None where there is none."""
    pci: str | None = None
    numa: int | None = None
    table: int | None = None
    """Routing table of its own (101 + rail for compute, 201 storage, 211 business); None: main table."""
    port: int = 0
    """Port of the NIC, from 0, where a NIC has several (dual ToR, parallel planes)."""
    vlan: int | None = None
    """Tag of a VLAN sub-interface; ``parent`` is then the cabled port. Both None on a cabled port."""
    parent: str | None = None
    vendor: str | None = None
    """Who makes the NIC, as in ``catalog/nics.yaml``: it decides which tools set its quality of service."""


@dataclass(frozen=True, slots=True)
class Bmc:
    """A server's baseboard management controller on the management plane."""

    address: Addr
    mac: str | None
    serial: str | None
    """The serial number that Redfish must report; None where assets.yaml does not know."""
    gateway: str | None = None
    """Next hop on the management plane; None where it is flat."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server. ``management`` is its in-band management NIC, also listed in ``nics``."""

    name: str
    group: str
    role: MachineRole
    sku: str
    unit: int | None
    """Scalable unit, from 1; None outside units (control plane, storage)."""
    index: int
    """Place inside the unit (or group), from 1."""
    gpus: int
    nics: tuple[Nic, ...]
    bmc: Bmc
    rack: str
    rack_unit: int
    """Lowest rack unit it fills, from 1."""
    gpu_product: str | None = None
    """As the vendor's tool prints it, e.g. ``NVIDIA H100 80GB HBM3``; None without GPUs."""
    tenant: str | None = None
    nvlink_domain: str | None = None
    """Rack-scale systems: the NVLink domain (a rack) of its GPUs; None where NVLink ends at the server."""

    @property
    def management(self) -> Nic:
        return next(nic for nic in self.nics if nic.plane == "management")

    def on(self, plane: PlaneName) -> tuple[Nic, ...]:
        """Its ports on one plane, in rail order."""
        return tuple(nic for nic in self.nics if nic.plane == plane)


@dataclass(frozen=True, slots=True)
class SwitchPort:
    """A cabled switch port."""

    name: str
    """As the NOS names it, e.g. ``swp1s0``; ``eth0`` is the management port."""
    use: Literal["host", "uplink", "downlink", "management", "controller", "gateway"]
    """``gateway``: the switch's own address in the network that its host ports are bridged into (an SVI;
    ``parent`` is then the bridge and no cable is in it)."""
    plane: PlaneName | None
    """The plane of a host port; None on links between switches (they carry every plane of the fabric)."""
    address: Addr | None
    """None: unnumbered (links between switches) or bridged (out-of-band)."""
    mtu: int
    speed_gbps: int
    vrf: str | None = None
    """A row of ``Design.vrfs``; None: the default table."""
    vlan: int | None = None
    """Tag of a VLAN sub-interface; ``parent`` is then the cabled port. Both None on a cabled port."""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch with its cabled ports, in port order."""

    name: str
    fabric: str
    kind: FabricKind
    tier: Tier
    model: str
    nos: Nos
    unit: int | None
    rail: int | None
    index: int
    """Place inside its tier (of its unit), from 1."""
    asn: int | None
    loopback: Addr | None
    management: Addr
    ports: tuple[SwitchPort, ...]
    rack: str
    rack_unit: int
    pod: int | None = None
    """Pod, from 1, of a leaf or spine in a three-tier fabric."""
    lane: int = 0
    """Parallel fabric plane (or side of a dual ToR, on leaves), from 0."""
    gateway: str | None = None
    """Next hop of the management port; None where the management plane is flat, and on its own switches."""
    mac: str | None = None
    """Of the management port (eth0), from assets.yaml; None where the file does not know."""


@dataclass(frozen=True, slots=True, order=True)
class End:
    """One end of a cable. ``port`` is an interface name, or ``bmc`` for a BMC's port."""

    device: str
    port: str


@dataclass(frozen=True, slots=True)
class Cable:
    """A cable with both ends; ``a`` is the switch end, or the upper switch."""

    a: End
    z: End
    fabric: str
    kind: CableKind
    speed_gbps: int
    length_m: int | None
    part: str | None


@dataclass(frozen=True, slots=True)
class Range:
    """A part of a plane's prefix that is numbered by position: places, and those that are taken."""

    name: str
    """What has a place in it, e.g. ``scalable units``."""
    used: int
    places: int
    each: int
    """Addresses of a place."""


@dataclass(frozen=True, slots=True)
class PlaneDesign:
    """A plane with what the plane file promises, resolved."""

    name: PlaneName
    fabric: str
    prefix: str
    mtu: int
    may_reach: tuple[PlaneName, ...]
    """Other planes that its hosts may talk to; empty: none."""
    prefix6: str | None = None
    vlan: int | None = None
    """Set where ports of the fabric are shared by planes and this one is tagged."""
    roce: RoceContract | None = None
    """Set on a RoCE compute plane."""
    ranges: tuple[Range, ...] = ()
    """How its prefix is shared out, and how full each part is."""


@dataclass(frozen=True, slots=True)
class Vrf:
    """A routing instance on the leaves of a shared fabric: of a plane, or of a tenant on a plane."""

    name: str
    """15 characters at most (Linux interface name)."""
    fabric: str
    plane: PlaneName
    tenant: str | None
    vni: int
    """Layer 3 VNI of its EVPN type-5 routes."""
    table: int
    vlan: int = 0
    """VLAN that carries the VNI inside a switch, where its NOS wants one; unique on the fabric."""
    imports: tuple[str, ...] = ()
    """VRFs whose routes it takes in, too: shared servers of no tenant, from and to each tenant."""


@dataclass(frozen=True, slots=True)
class FabricDesign:
    """A fabric's counts."""

    name: str
    kind: FabricKind
    topology: Topology
    model: str
    nos: Nos
    radix: int
    tiers: tuple[tuple[Tier, int], ...]
    """Ordered from the hosts up: (tier, switches)."""
    links: tuple[tuple[CableKind, int], ...]
    port_gbps: int = 1
    """Speed of a host port; ``radix`` counts a switch's ports at this speed."""
    reasons: tuple[str, ...] = ()
    """Why it is sized so, what would be cheaper, where the limits are: a sentence each."""
    parallel: int = 1
    """Parallel fabric planes."""
    pods: int = 1
    isolation: Isolation = "rules"
    adaptive_routing: bool = False
    split: int = 1
    """Ways that a host cage is split; on InfiniBand every cage (its ports are counted through all cages)."""
    upper_radix: int | None = None
    """Ports of a switch above the leaves where it is another model (out of band); None: ``radix``."""


@dataclass(frozen=True, slots=True)
class Rack:
    """A rack and what stands in it: (lowest unit, height, device)."""

    name: str
    units: int
    power_w: int | None
    slots: tuple[tuple[int, int, str], ...]
    row: str = ""
    weight_kg: int | None = None
    """Sum of the known weights; None: nothing known."""
    liquid: bool = False
    """Holds a device that needs liquid cooling."""


@dataclass(frozen=True, slots=True)
class BomLine:
    """One line of the bill of materials."""

    part: str
    description: str
    quantity: int
    power_w_each: int | None
    source: str
    spares: int = 0
    """To be bought beside ``quantity`` (``physical.spares_percent``, rounded up)."""
    kind: str = ""
    """server, switch, cable, breakout, transceiver or fibre."""


@dataclass(frozen=True, slots=True)
class Design:
    """The cluster, whole. ``unknown`` says what the plan does not know (figures without a public source)."""

    spec: ClusterSpec
    planes: tuple[PlaneDesign, ...]
    fabrics: tuple[FabricDesign, ...]
    servers: tuple[Server, ...]
    switches: tuple[Switch, ...]
    cables: tuple[Cable, ...]
    racks: tuple[Rack, ...]
    bom: tuple[BomLine, ...]
    controller: Addr
    """Address of the machine that rackwright runs on, on the management plane."""
    depot: Addr
    """Address of the artifact depot on the management plane (lab: the same machine as the controller)."""
    unknown: tuple[str, ...]
    vrfs: tuple[Vrf, ...] = ()
    guids: Mapping[End, str] = field(default_factory=dict)
    """InfiniBand GUIDs of assets.yaml: ``End(server, "mlx5_0")``, ``End(switch, "switch")`` (of the node),
    ``End(appliance, "port1")``."""
    kubernetes: KubernetesDesign | None = None

    @property
    def name(self) -> str:
        return self.spec.cluster

    def plane(self, name: PlaneName) -> PlaneDesign:
        return next(plane for plane in self.planes if plane.name == name)

    def units(self) -> tuple[int, ...]:
        """Scalable units, in order."""
        return tuple(sorted({server.unit for server in self.servers if server.unit is not None}))
