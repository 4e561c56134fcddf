"""Subnets: what one subnet manager sees of a fabric: switches, adapters and links with port numbers.

A fabric is one subnet. Parallel planes do not touch, and neither do rail groups without a core: each of them
is a subnet of its own with its own manager: ``backend-p0``, ``backend-r3``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rackwright.models.design import Design, End, FabricDesign, Nic, Switch
from rackwright.models.spec import SubnetManager
from rackwright.render.wiring import Wiring

SWITCH = "switch"
"""The port under which ``Design.guids`` has a switch's own GUID."""
Key = tuple[int | None, int | None]
"""Parallel plane and rail group; None where the fabric is not divided so."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A host channel adapter with one port: of a server, or of an appliance (UFM)."""

    device: str
    port: str
    """Kernel interface, or the appliance's own name for it."""
    rdma: str
    """RDMA device, ``mlx5_3``; an appliance's port where that is not known."""
    guid: str | None
    """Port GUID; None: not known."""
    tenant: str | None
    rail: int | None
    """Of a compute port."""
    kind: Literal["compute", "client", "io"]
    """A compute port; another port of a GPU server; everything that serves them: storage, appliances."""

    @property
    def name(self) -> str:
        """As the driver describes the node to the fabric: host name and device."""
        return f"{self.device} {self.rdma}"


@dataclass(frozen=True, slots=True)
class Link:
    """A cable by node names and InfiniBand port numbers; ``a`` is the switch, or the upper one."""

    a: str
    a_port: int
    z: str
    z_port: int
    gbps: int
    adapter: Adapter | None
    """The adapter at the z end; None between switches."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """One subnet with its manager's settings."""

    name: str
    fabric: FabricDesign
    manager: SubnetManager
    switches: tuple[Switch, ...]
    adapters: tuple[Adapter, ...]
    """Appliances first (the manager sits on one where there is one), then servers in the design's order."""
    links: tuple[Link, ...]
    guids: Mapping[str, str]
    """Known GUIDs by node name: of switches, and port GUIDs of adapters."""

    @property
    def roots(self) -> tuple[Switch, ...]:
        """Switches of the top tier."""
        top = self.fabric.tiers[-1][0]
        return tuple(switch for switch in self.switches if switch.tier == top)

    @property
    def engine(self) -> str:
        """Routing engine; adaptive routing only where the manager has it and the fabric wants it."""
        if self.manager.engine is not None:
            return self.manager.engine
        if self.manager.flavour == "stock":
            return "ftree"
        return "ar_updn" if self.fabric.adaptive_routing else "updn"


def port_number(label: str, split: int) -> int:
    """InfiniBand port number of a front-panel label: ports are counted through all cages.

    >>> port_number("1/1", 2), port_number("1/2", 2), port_number("32/2", 2), port_number("7", 1)
    (1, 2, 64, 7)
    """
    cage, _, part = label.partition("/")
    return (int(cage) - 1) * split + int(part or 1)


def subnets(design: Design, wiring: Wiring) -> list[Subnet]:
    """Every subnet, by name."""
    found: list[Subnet] = []
    for fabric in design.fabrics:
        if fabric.kind == "infiniband":
            found += _of_fabric(fabric, design, wiring)
    return sorted(found, key=lambda subnet: subnet.name)


def key_of(switch: Switch, fabric: FabricDesign, grouped: bool) -> Key:
    """Which of the fabric's subnets a switch belongs to."""
    cored = any(tier == "core" for tier, _ in fabric.tiers)
    lane = switch.lane if fabric.parallel > 1 else None
    return lane, switch.rail if grouped and not cored else None


def _of_fabric(fabric: FabricDesign, design: Design, wiring: Wiring) -> list[Subnet]:
    row = design.spec.fabrics[fabric.name]
    grouped = row.spine_groups == "rail"
    switches: dict[Key, list[Switch]] = {}
    home: dict[str, Key] = {}
    for switch in design.switches:
        if switch.fabric == fabric.name:
            home[switch.name] = key_of(switch, fabric, grouped)
            switches.setdefault(home[switch.name], []).append(switch)
    ports: dict[tuple[str, str], Nic] = {
        (server.name, nic.name): nic for server in design.servers for nic in server.nics if nic.parent is None
    }
    links: dict[Key, list[Link]] = {key: [] for key in switches}
    hosts: dict[Key, dict[str, Adapter]] = {key: {} for key in switches}
    for cable in design.cables:
        if cable.fabric != fabric.name:
            continue
        key = home[cable.a.device]
        number = port_number(cable.a.port, fabric.split)
        if cable.z.device in home:
            far = port_number(cable.z.port, fabric.split)
            link = Link(cable.a.device, number, cable.z.device, far, cable.speed_gbps, None)
        else:
            nic = ports.get((cable.z.device, cable.z.port))
            adapter = _adapter(cable.z, nic, design, wiring)
            hosts[key][adapter.name] = adapter
            link = Link(cable.a.device, number, adapter.name, 1, cable.speed_gbps, adapter)
        links[key].append(link)
    order = {name: place for place, name in enumerate(wiring.servers)}
    manager = row.subnet_manager or SubnetManager()
    return [
        _subnet(key, fabric, manager, rows, hosts[key], links[key], order, design)
        for key, rows in switches.items()
    ]


def _adapter(end: End, nic: Nic | None, design: Design, wiring: Wiring) -> Adapter:
    if nic is None:
        return Adapter(end.device, end.port, end.port, design.guids.get(end), None, None, "io")
    rdma, server = nic.rdma or nic.name, wiring.servers[end.device]
    known = design.guids.get(End(end.device, rdma))
    kind: Literal["compute", "client", "io"] = "client" if server.role == "gpu" else "io"
    if nic.plane == "compute":
        kind = "compute"
    return Adapter(end.device, end.port, rdma, known, server.tenant, nic.rail, kind)


def _subnet(
    key: Key,
    fabric: FabricDesign,
    manager: SubnetManager,
    switches: list[Switch],
    hosts: dict[str, Adapter],
    links: list[Link],
    order: Mapping[str, int],
    design: Design,
) -> Subnet:
    lane, rail = key
    name = fabric.name + (f"-p{lane}" if lane is not None else "") + (f"-r{rail}" if rail is not None else "")
    adapters = sorted(
        hosts.values(), key=lambda one: (order.get(one.device, -1), one.device, one.rail or 0, one.rdma)
    )
    guids = {adapter.name: adapter.guid for adapter in adapters if adapter.guid is not None}
    for switch in switches:
        if (own := design.guids.get(End(switch.name, SWITCH))) is not None:
            guids[switch.name] = own
    return Subnet(name, fabric, manager, tuple(switches), tuple(adapters), tuple(links), guids)
