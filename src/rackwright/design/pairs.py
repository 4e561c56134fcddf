"""Pairs: how a leaf-spine fabric's leaves are shared out among servers, and how many there are.

Host ports of a pair are shared out by role (GPU servers two thirds, storage a quarter, control plane a
twelfth), so that every group can grow without moving another. What does not fit goes to the next pair.
Compute NICs are in GPU servers only, so a fabric of theirs is not shared out.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.nics import Port, cabled, lanes_in
from rackwright.design.places import ROLES, Place, largest_unit
from rackwright.design.sizing import Ask, Clos, DoesNotFit, Leaf, leaf_for, ratio_of, size
from rackwright.design.vrfs import planes_on
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
