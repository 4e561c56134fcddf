"""Leaf-spine fabric: leaves in pairs; a server's ports alternate between the two leaves of its pair.

Host ports of a pair are shared out by role (GPU servers two thirds, storage a quarter, control plane a
twelfth), so that every group can grow without moving another. What does not fit goes to the next pair.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.asn import asn, lane
from rackwright.design.draft import Attached, Draft, Link, SwitchDraft, switch_mtu
from rackwright.design.nics import Port, on_fabric
from rackwright.design.places import ROLES, Place, largest_unit
from rackwright.design.pools import LeafPool, Pool
from rackwright.design.ports import numbered
from rackwright.design.sizing import DoesNotFit, Leaf, Wiring, leaf_for, ratio_of, wire
from rackwright.design.spines import add_spines
from rackwright.models.design import End, SwitchPort
from rackwright.models.spec import ClusterSpec, MachineRole
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


def dense(place: Place, unit: int) -> int:
    """Position inside the role without the holes of address blocks."""
    return (place.unit - 1) * unit + place.index - 1 if place.unit is not None else place.position


def layout_of(
    name: str, spec: ClusterSpec, tables: Tables, servers: list[Place], ports: dict[str, list[Port]]
) -> Layout:
    """The sharing of a pair.

    :raises DoesNotFit: when a leaf has fewer places than there are roles.
    """
    fabric = spec.fabrics[name]
    model = tables.switches[fabric.switch]
    mine = [on_fabric(place, name, ports, spec) for place in {p.group: p for p in servers}.values()]
    speeds = [port.speed_gbps for group in mine for port in group]
    width = max(1, *(-(-len(group) // 2) for group in mine)) if mine else 1
    nic = min(max(speeds, default=model.speed_gbps), model.speed_gbps)
    leaf = leaf_for(model, nic, fabric.hosts_per_leaf, ratio_of(fabric.oversubscription))
    slots = leaf.hosts // width
    control, storage = max(1, slots // 12), max(1, slots // 4)
    gpu = slots - control - storage
    if gpu < 1:
        raise DoesNotFit(
            "hosts_per_leaf" if fabric.hosts_per_leaf else "switch",
            f"{leaf.hosts} host ports on a leaf",
            f"at least {3 * width}: a place for each role",
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
) -> tuple[Layout, Wiring, int]:
    """(sharing, wiring, leaves).

    :raises DoesNotFit: when leaves, spines or the switch are too few or too small.
    """
    fabric = spec.fabrics[name]
    layout = layout_of(name, spec, tables, servers, ports)
    unit = largest_unit(spec, tables)
    used = dict.fromkeys(ROLES, 0)
    for place in servers:
        if on_fabric(place, name, ports, spec):
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
    count = fabric.leaves or needed
    ratio = ratio_of(fabric.oversubscription)
    model = tables.switches[fabric.switch]
    return layout, wire(model, layout.leaf, count, ratio, fabric.spines, fabric.spine_links), count


def build_leaves(
    name: str,
    spec: ClusterSpec,
    tables: Tables,
    servers: list[Place],
    ports: dict[str, list[Port]],
    draft: Draft,
) -> None:
    """Add the fabric's switches and links, and what each NIC gets from its leaf."""
    fabric = spec.fabrics[name]
    model = tables.switches[fabric.switch]
    layout, wiring, count = size_leaves(name, spec, tables, servers, ports)
    number = lane(spec, name)
    planes = [plane for plane, row in spec.planes.items() if row.fabric == name]
    pools = {plane: LeafPool(Pool.of(spec.planes[plane].prefix), layout.leaf.hosts) for plane in planes}
    loopbacks = pools[min(planes, key=lambda plane: lane_of_plane(plane))].pool
    leaves = [
        SwitchDraft(
            f"{name}-leaf-{position + 1:02d}",
            name,
            fabric.kind,
            "leaf",
            model,
            fabric.nos,
            number,
            position,
            position + 1,
            asn=asn(number, "leaf", position) if fabric.kind != "infiniband" else None,
            loopback=loopbacks.loopback("leaf", position) if fabric.kind != "infiniband" else None,
        )
        for position in range(count)
    ]
    unit = largest_unit(spec, tables)
    for place in servers:
        position = dense(place, unit)
        pair, slot = layout.slot(place, position)
        for order, port in enumerate(on_fabric(place, name, ports, spec)):
            leaf = leaves[2 * pair + (position + order) % 2]
            own = slot * layout.width + order // 2
            near, far = pools[port.plane].link(leaf.position, own)
            label = numbered(fabric.nos, 1, own, layout.leaf.split)
            speed = min(port.speed_gbps, layout.leaf.speed_gbps)
            vrf = draft.vrfs.name(port.plane, place.group)
            leaf.add(
                own, SwitchPort(label, "host", port.plane, near, switch_mtu(fabric.kind), speed, vrf=vrf)
            )
            draft.links.append(
                Link(End(leaf.name, label), End(place.name, port.name), name, "host-leaf", speed)
            )
            draft.attached[place.name, port.name] = Attached(far, near.ip, speed)
    for extra in range(fabric.reserved_ports):
        own = (layout.shares["gpu"][1] * layout.width - 1) - extra // 2
        leaf = leaves[extra % 2]
        label = numbered(fabric.nos, 1, own, layout.leaf.split)
        leaf.add(own, SwitchPort(label, "host", None, None, switch_mtu(fabric.kind), layout.leaf.speed_gbps))
        device = End(f"{name}-appliance-01", f"port{extra + 1}")
        draft.links.append(Link(End(leaf.name, label), device, name, "host-leaf", layout.leaf.speed_gbps))
    draft.switches += leaves
    first_uplink = model.ports + 1 if model.uplinks else layout.leaf.cages + 1
    ordered = [(leaf.position, leaf) for leaf in leaves]
    add_spines(name, fabric, model, loopbacks, number, wiring, first_uplink, ordered, draft)
    draft.radix[name] = model.ports * layout.leaf.split, model.speed_gbps // layout.leaf.split


def lane_of_plane(plane: str) -> int:
    """Order of planes; the first one of a fabric lends its prefix to the loopbacks."""
    return ("compute", "storage", "business", "management").index(plane)
