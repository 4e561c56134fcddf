"""Leaf-spine fabric: leaves in pairs; a server's ports alternate between the two leaves of its pair."""

from __future__ import annotations

from rackwright.design.draft import Attached, Draft, SwitchDraft
from rackwright.design.lanes import Lane, Row
from rackwright.design.nics import Port, cabled
from rackwright.design.pairs import LeafPlan, dense, size_leaves
from rackwright.design.places import Place
from rackwright.design.pools import LeafPool, Pool, RailPool
from rackwright.design.rails import rail_pool
from rackwright.design.sizing import Leaf
from rackwright.design.spines import Below, add_spines
from rackwright.design.vrfs import planes_on
from rackwright.models.design import Addr, End, SwitchPort
from rackwright.models.spec import ClusterSpec, PlaneName
from rackwright.models.tables import Tables


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
