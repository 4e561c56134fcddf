"""Structure: who is cabled to whom in a fabric, counted. One pass over the cables gives all fabrics'."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from rackwright.models.design import Design, FabricDesign, Server

Graph = dict[str, dict[str, int]]
"""Switch -> neighbour -> Gb/s of all links between the two."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A server's port at a switch."""

    server: str
    nic: str
    """The NIC: several ports of one NIC have the same."""
    planes: tuple[str, ...]
    """What the port carries; ``bmc`` for a BMC's."""
    speed_gbps: int


@dataclass(slots=True)
class Structure:
    """One fabric. ``up`` and ``top`` go from the lower to the upper switch, ``tree`` both ways."""

    fabric: FabricDesign
    hosts: dict[str, list[Attached]] = field(default_factory=dict)
    """By leaf (or out-of-band switch)."""
    up: Graph = field(default_factory=lambda: defaultdict(dict))
    """Leaf to spine."""
    top: Graph = field(default_factory=lambda: defaultdict(dict))
    """Spine to core."""
    tree: Graph = field(default_factory=lambda: defaultdict(dict))
    """Between out-of-band switches."""
    links: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Cables by what is at both ends: ``host-leaf``, ``leaf-spine``, ``spine-core``, ``switch-switch``."""
    link_gbps: dict[tuple[str, str], int] = field(default_factory=dict)
    """Speed of one cable between two switches (lower, upper)."""
    managed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Switches whose management port is at an out-of-band switch."""
    root: str | None = None
    """Where the controller is plugged in."""
    tiers: dict[str, str] = field(default_factory=dict)
    lanes: dict[str, int] = field(default_factory=dict)
    pods: dict[str, int | None] = field(default_factory=dict)

    def graph(self) -> Graph:
        """All switches, both ways, with the number of cables' Gb/s between them."""
        found: Graph = {name: dict(self.tree.get(name, {})) for name in self.tiers}
        for one in (self.up, self.top):
            for low, row in one.items():
                for high, gbps in row.items():
                    found[low][high] = gbps
                    found[high][low] = gbps
        return found

    def attached(self) -> Iterator[Attached]:
        """Every server's port."""
        for row in self.hosts.values():
            yield from row


def structures(design: Design) -> dict[str, Structure]:
    """The structure of each fabric, by name."""
    found = {fabric.name: Structure(fabric) for fabric in design.fabrics}
    for switch in design.switches:
        one = found[switch.fabric]
        one.tiers[switch.name], one.lanes[switch.name] = switch.tier, switch.lane
        one.pods[switch.name] = switch.pod
        one.hosts[switch.name] = []
    groups = {server.name: server.group for server in design.servers}
    carries: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}
    seen: set[str] = set()
    for server in design.servers:
        if server.group not in seen:
            seen.add(server.group)
            carries |= {(server.group, port): what for port, what in _ports(server).items()}
    switches = {switch.name: switch.fabric for switch in design.switches}
    for cable in design.cables:
        one, a, z = found[cable.fabric], cable.a.device, cable.z.device
        group = groups.get(z)
        if group is not None:
            one.links["host-leaf"] += 1
            nic, planes = carries[group, cable.z.port]
            one.hosts[a].append(Attached(z, nic, planes, cable.speed_gbps))
        elif z not in one.tiers:
            one.links["host-leaf"] += 1  # an appliance, the controller, another fabric's switch
            if z in switches:
                one.managed[a].append(z)
            elif z == "controller":
                one.root = a
        else:
            _join(one, a, z, cable.speed_gbps)
    return found


def _join(one: Structure, upper: str, lower: str, gbps: int) -> None:
    """A cable between two switches of the fabric."""
    tiers = one.tiers[lower], one.tiers[upper]
    kind = {("leaf", "spine"): "leaf-spine", ("spine", "core"): "spine-core"}.get(tiers)
    one.links[kind or "switch-switch"] += 1
    one.link_gbps[lower, upper] = gbps
    if kind == "leaf-spine":
        row = one.up[lower]
    elif kind == "spine-core":
        row = one.top[lower]
    else:
        row = one.tree[lower]
        one.tree[upper][lower] = one.tree[upper].get(lower, 0) + gbps
    row[upper] = row.get(upper, 0) + gbps


def _ports(server: Server) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Cabled port -> (its NIC, the planes that it carries)."""
    planes: dict[str, list[str]] = {nic.name: [] for nic in server.nics if nic.parent is None}
    for nic in server.nics:
        planes[nic.parent or nic.name].append(nic.plane)
    found = {
        nic.name: (f"{nic.plane}/{nic.name if nic.rail is None else nic.rail}", tuple(planes[nic.name]))
        for nic in server.nics
        if nic.parent is None
    }
    return {**found, "bmc": ("bmc", ("bmc",))}
