"""Leaf-spine fabric: leaves in pairs; a server's ports alternate between the two leaves of its pair.

Host ports of a pair are shared out by role (GPU servers two thirds, storage a quarter, control plane a
twelfth), so that every group can grow without moving another. What does not fit goes to the next pair.
Compute NICs are in GPU servers only, so a fabric of theirs is not shared out.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.draft import Attached, Draft, SwitchDraft
from rackwright.design.lanes import Lane, Row
from rackwright.design.nics import Port, cabled, lanes_in
from rackwright.design.places import ROLES, Place, largest_unit
from rackwright.design.pools import LeafPool, Pool, RailPool
from rackwright.design.rails import rail_pool
from rackwright.design.sizing import Ask, Clos, DoesNotFit, Leaf, leaf_for, ratio_of, size
from rackwright.design.spines import Below, add_spines
from rackwright.design.vrfs import planes_on
from rackwright.models.design import Addr, End, SwitchPort
from rackwright.models.spec import ClusterSpec, MachineRole, PlaneName
from rackwright.models.tables import Tables


@dataclass(frozen=True, slots=True)
class Layout:
    """How a pair's host ports are shared. Slots are places for a server; a slot takes ``width`` ports on
    each leaf."""

    leaf: Leaf
    width: int
    shares: dict[MachineRole, tuple[int, int]]
    """(first slot, slots) by role."""
    reserved: int
    """Slots of the first pair given up for appliances."""

    def slot(self, place: Place, position: int) -> tuple[int, int]:
        """(pair, slot in it) of the server at a dense position of its role."""
        first, size = self.shares[place.role]
        if place.role != "gpu" or not self.reserved:
            return position // size, first + position % size
        head = max(0, size - self.reserved)
        if position < head:
            return 0, first + position
        rest = position - head
        return 1 + rest // size, first + rest % size


@dataclass(frozen=True, slots=True)
class LeafPlan:
    """A leaf-spine fabric in numbers."""

    layout: Layout
    clos: Clos
    leaves: int
    unit: int
    """Servers in the largest unit."""
    ask: Ask
    """What was asked of the sizing."""

    def below(self, leaf: int) -> tuple[int, int, int]:
        """(pod, spine group, number below its spines) of a leaf, all from 0."""
        pod = self.clos.pod(leaf // 2)
        return pod, 0, leaf - (2 * pod * self.clos.pod_blocks if self.clos.core else 0)

    def home(self, leaf: int) -> int:
        """The unit, from 1, of the first GPU server that a leaf's pair has a place for."""
        return leaf // 2 * self.layout.shares["gpu"][1] // self.unit + 1

    def seat(self, leaf: int) -> int:
        """Place of a leaf among those with the same home."""
        share = self.layout.shares["gpu"][1]
        first = -(-(self.home(leaf) - 1) * self.unit // share)
        return leaf - 2 * first

    @property
    def pod_units(self) -> int:
        """Units that a pod serves, about."""
        return max(1, self.clos.pod_blocks * self.layout.shares["gpu"][1] // self.unit)


def dense(place: Place, unit: int) -> int:
    """Position inside the role without the holes of address blocks."""
    return (place.unit - 1) * unit + place.index - 1 if place.unit is not None else place.position


def layout_of(
    name: str, spec: ClusterSpec, tables: Tables, servers: list[Place], ports: dict[str, list[Port]]
) -> Layout:
    """The sharing of a pair, in each lane.

    :raises DoesNotFit: when a leaf has fewer places than there are roles.
    """
    fabric = spec.fabrics[name]
    model = tables.switches[fabric.switch]
    present = {place.group for place in servers}
    mine = [cabled(ports[group], name, spec) for group in sorted(present)]
    speeds = [port.speed_gbps for group in mine for port in group]
    lanes = lanes_in(fabric)
    width = max(1, *(-(-len(group) // (2 * lanes)) for group in mine)) if mine else 1
    nic = min(max(speeds, default=model.speed_gbps), model.speed_gbps)
    leaf = leaf_for(model, nic, fabric.hosts_per_leaf, ratio_of(fabric.oversubscription), fabric.split)
    slots = leaf.hosts // width
    control, storage = max(1, slots // 12), max(1, slots // 4)
    if planes_on(spec, name) == ("compute",):
        control = storage = 0
    gpu = slots - control - storage
    if gpu < 1:
        raise DoesNotFit(
            "hosts_per_leaf" if fabric.hosts_per_leaf else "switch",
            f"{leaf.hosts} host ports on a leaf",
            f"at least {(3 if control else 1) * width}: a place for each role",
        )
    shares: dict[MachineRole, tuple[int, int]] = {
        "gpu": (0, gpu),
        "storage": (gpu, storage),
        "control-plane": (gpu + storage, control),
    }
    reserved = -(-fabric.reserved_ports // (2 * width))
    if reserved >= gpu:
        most = f"at most {2 * width * (gpu - 1)}"
        hint = "the first pair of leaves has them"
        raise DoesNotFit("reserved_ports", f"{fabric.reserved_ports}", most, hint)
    return Layout(leaf, width, shares, reserved)


def size_leaves(
    name: str, spec: ClusterSpec, tables: Tables, servers: list[Place], ports: dict[str, list[Port]]
) -> LeafPlan:
    """
    :raises DoesNotFit: when leaves, spines or the switch are too few or too small.
    """
    fabric = spec.fabrics[name]
    layout = layout_of(name, spec, tables, servers, ports)
    unit = largest_unit(spec, tables)
    used = dict.fromkeys(ROLES, 0)
    attached = {group: bool(cabled(ports[group], name, spec)) for group in ports}
    for place in servers:
        if attached[place.group]:
            used[place.role] = max(used[place.role], layout.slot(place, dense(place, unit))[0] + 1)
    needed = 2 * max(1, *used.values())
    if fabric.leaves is not None and (fabric.leaves < needed or fabric.leaves % 2):
        shares = ", ".join(f"{role} {size}" for role, (_, size) in sorted(layout.shares.items()))
        raise DoesNotFit(
            "leaves",
            f"{fabric.leaves}",
            f"an even number, at least {needed}",
            f"servers that a pair of leaves takes: {shares}; leave the key out to have it chosen",
        )
    if fabric.pod_units is not None and fabric.pod_units % 2:
        hint = "leaves come in pairs; in a leaf-spine fabric pod_units counts leaves"
        raise DoesNotFit("pod_units", f"{fabric.pod_units}", "an even number", hint)
    count = fabric.leaves or needed
    ask = Ask(
        tables.switches[fabric.switch],
        layout.leaf,
        count // 2,
        2,
        1,
        ratio_of(fabric.oversubscription),
        ratio_of(fabric.core_oversubscription),
        fabric.tiers,
        fabric.spines,
        fabric.spine_links,
        fabric.uplink_split,
        fabric.kind != "ethernet",
        fabric.pod_units // 2 if fabric.pod_units else None,
        fabric.cores,
        fabric.core_links,
    )
    return LeafPlan(layout, size(ask), count, unit, ask)


def build_leaves(
    name: str,
    spec: ClusterSpec,
    tables: Tables,
    servers: list[Place],
    ports: dict[str, list[Port]],
    draft: Draft,
) -> None:
    """Add the fabric's switches and links, and what each NIC gets from its leaf."""
    plan = size_leaves(name, spec, tables, servers, ports)
    leaf, model = plan.layout.leaf, tables.switches[spec.fabrics[name].switch]
    planes = planes_on(spec, name)
    addresses = Addresses(planes, spec, tables, leaf.hosts)
    mine = {group: cabled(ports[group], name, spec) for group in ports}
    children: dict[str, dict[str, list[Port]]] = {
        group: {port.name: [v for v in own if v.parent == port.name] for port in own if not port.parent}
        for group, own in ports.items()
    }
    for lane in Lane.each(name, spec, tables, addresses.first, draft):
        leaves = [_leaf(lane, plan, position) for position in range(plan.leaves)]
        row = lane.row(1, leaf.split, leaf.cages * leaf.split)
        for place in servers:
            here = [p for p in mine[place.group] if lane.count == 1 or p.port == lane.number]
            position = dense(place, plan.unit)
            pair, slot = plan.layout.slot(place, position) if here else (0, 0)
            for order, port in enumerate(here):
                switch = leaves[2 * pair + (position + order) % 2]
                own = slot * plan.layout.width + order // 2
                vlans = children[place.group][port.name]
                _attach(place, port, vlans, switch, own, lane, row, leaf, addresses, draft)
        if lane.number == 0:
            _reserve(lane, plan, leaves, row)
        draft.switches += leaves
        add_spines(lane, plan.clos, [Below(switch, *plan.below(n)) for n, switch in enumerate(leaves)])
    draft.radix[name] = model.ports * leaf.split, model.speed_gbps // leaf.split
    draft.clos[name] = plan.clos
    if plan.clos.core:
        draft.pod_units[name] = plan.pod_units


class Addresses:
    """Both ends' addresses of a host link, by plane: compute's by rail, unit and server as in a
    rail-optimised fabric; others' by leaf and port."""

    def __init__(self, planes: tuple[PlaneName, ...], spec: ClusterSpec, tables: Tables, hosts: int) -> None:
        self.leaf = {plane: LeafPool(Pool.of(spec.planes[plane].prefix), hosts) for plane in planes}
        self.rail: RailPool | None = rail_pool(spec, tables) if "compute" in planes else None
        self.first = self.leaf[planes[0]].pool

    def link(self, place: Place, port: Port, leaf: int, own: int) -> tuple[Addr, Addr]:
        if self.rail is not None and port.plane == "compute":
            return self.rail.link(port.step, place.unit or 1, place.index)
        return self.leaf[port.plane].link(leaf, own)

    def length(self, port: Port) -> int:
        """Prefix length of the port's network where nothing routes (InfiniBand)."""
        if self.rail is not None and port.plane == "compute":
            return self.rail.rail_length()
        return self.leaf[port.plane].pool.length


def _leaf(lane: Lane, plan: LeafPlan, position: int) -> SwitchDraft:
    pod, _, _ = plan.below(position)
    return lane.switch(
        "leaf",
        f"leaf-{position + 1:02d}",
        position,
        position + 1,
        pod=pod + 1 if plan.clos.core else None,
        seat=plan.seat(position),
        home=plan.home(position),
    )


def _attach(
    place: Place,
    port: Port,
    vlans: list[Port],
    switch: SwitchDraft,
    own: int,
    lane: Lane,
    row: Row,
    leaf: Leaf,
    addresses: Addresses,
    draft: Draft,
) -> None:
    """Cable a port of a server; give it and its VLANs their addresses."""
    speed, label = min(port.speed_gbps, leaf.speed_gbps), row.names[own]
    for entry in (port, *vlans):
        near, far = addresses.link(place, entry, switch.position, own)
        if not lane.routed:
            draft.attached[place.name, entry.name] = Attached(
                Addr(far.value, addresses.length(entry)), None, speed
            )
        else:
            draft.attached[place.name, entry.name] = Attached(far, near.ip, speed)
        vrf = draft.vrfs.name(entry.plane, place.group)
        address = near if lane.routed else None
        if entry is port:
            made = SwitchPort(label, "host", entry.plane, address, lane.mtu, speed, vrf)
            lane.host(switch, own, row, made, End(place.name, port.name))
        else:
            name = f"{label}.{entry.vlan}"
            tagged = SwitchPort(name, "host", entry.plane, address, lane.mtu, speed, vrf, entry.vlan, label)
            switch.ports.append((own, tagged))


def _reserve(lane: Lane, plan: LeafPlan, leaves: list[SwitchDraft], row: Row) -> None:
    """Cable the appliances: the last places of GPU servers on the first pair."""
    layout = plan.layout
    for extra in range(lane.fabric.reserved_ports):
        own = (layout.shares["gpu"][1] * layout.width - 1) - extra // 2
        port = SwitchPort(row.names[own], "host", None, None, lane.mtu, layout.leaf.speed_gbps)
        far = End(f"{lane.name}-appliance-01", f"port{extra + 1}")
        lane.host(leaves[extra % 2], own, row, port, far)
