"""Rail-optimised fabric: in each scalable unit a leaf for each rail (more where a unit is larger than a leaf,
or a NIC has two ports); spines join rails and units, or only the units of one rail."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.draft import Attached, Draft, SwitchDraft
from rackwright.design.lanes import Lane, Row
from rackwright.design.nics import Port, cabled, sides_in
from rackwright.design.places import Place, groups_of, largest_unit, power_of_two, rails, unit_size
from rackwright.design.pools import Pool, RailPool
from rackwright.design.sizing import Ask, Clos, leaf_for, parts_of, ratio_of, size
from rackwright.design.spines import Below, add_spines
from rackwright.models.design import Addr, End, SwitchPort
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables


@dataclass(frozen=True, slots=True)
class RailPlan:
    """A rail-optimised fabric in numbers."""

    clos: Clos
    rails: int
    sides: int
    """Leaves that one NIC attaches to."""
    parts: int
    """Leaves that share the servers of a unit."""
    units: int
    """Units that are numbered."""
    ask: Ask
    """What was asked of the sizing, for those who ask what another answer would cost."""

    @property
    def unit_leaves(self) -> int:
        """Leaves of a unit in one lane."""
        return self.rails * self.parts * self.sides

    @property
    def leaves(self) -> int:
        return self.units * self.unit_leaves

    @property
    def wide(self) -> int:
        """Positions kept for the leaves of a unit: rails are padded to a power of two."""
        return power_of_two(self.rails) * self.parts * self.sides

    def seat(self, rail: int, part: int, side: int) -> int:
        """Place of a leaf among those of its unit."""
        return (rail * self.parts + part) * self.sides + side

    def below(self, unit: int, rail: int, part: int, side: int) -> tuple[int, int, int]:
        """(pod, spine group, number below its spines), all from 0; unit from 1."""
        pod = self.clos.pod(unit - 1)
        block = unit - 1 - pod * self.clos.pod_blocks if self.clos.core else unit - 1
        if self.clos.groups > 1:
            return pod, rail, (block * self.parts + part) * self.sides + side
        return pod, 0, block * self.unit_leaves + self.seat(rail, part, side)


def rail_pool(spec: ClusterSpec, tables: Tables) -> RailPool:
    """Addresses of the compute plane."""
    compute = spec.planes["compute"]
    ports = spec.fabrics[compute.fabric].nic_ports
    return RailPool(Pool.of(compute.prefix), rails(spec, tables) * ports, largest_unit(spec, tables))


def size_rails(name: str, spec: ClusterSpec, tables: Tables, servers: list[Place]) -> RailPlan:
    """
    :raises DoesNotFit: when no fabric of this switch carries it.
    """
    fabric = spec.fabrics[name]
    model = tables.switches[fabric.switch]
    units = max((place.unit or 0 for place in servers), default=0)
    speeds = [
        tables.nics[slot.nic].speed_gbps // fabric.nic_ports
        for _, group in groups_of(spec, "gpu")
        for slot in tables.servers[group.sku].nics
        if slot.plane == "compute"
    ]
    speed = max(speeds, default=model.speed_gbps)
    ratio, hosts = ratio_of(fabric.oversubscription), largest_unit(spec, tables)
    together = max((tables.servers[g.sku].nvlink_servers for _, g in groups_of(spec, "gpu")), default=1)
    most = leaf_for(model, speed, None, ratio, fabric.split).hosts
    parts, each = parts_of(hosts, most, together)
    number, sides = rails(spec, tables), sides_in(fabric)
    grouped = fabric.spine_groups == "rail" and number > 1
    ask = Ask(
        model,
        leaf_for(model, speed, each, ratio, fabric.split),
        units,
        parts * sides * (1 if grouped else number),
        number if grouped else 1,
        ratio,
        ratio_of(fabric.core_oversubscription),
        fabric.tiers,
        fabric.spines,
        fabric.spine_links,
        fabric.uplink_split,
        fabric.kind != "ethernet",
        fabric.pod_units,
        fabric.cores,
        fabric.core_links,
    )
    return RailPlan(size(ask), number, sides, parts, units, ask)


def build_rails(
    name: str,
    spec: ClusterSpec,
    tables: Tables,
    servers: list[Place],
    ports: dict[str, list[Port]],
    draft: Draft,
) -> None:
    """Add the fabric's switches and links, and what each compute NIC gets from its leaf."""
    plan, pool = size_rails(name, spec, tables, servers), rail_pool(spec, tables)
    leaf, model = plan.clos.leaf, tables.switches[spec.fabrics[name].switch]
    mine = {group: cabled(ports[group], name, spec) for group in ports}
    units = sorted({place.unit for place in servers if place.unit is not None})
    for lane in Lane.each(name, spec, tables, pool.pool, draft):
        leaves = _leaves(lane, plan, units)
        row = lane.row(1, leaf.split, leaf.cages * leaf.split)
        for place in servers:
            if place.unit is not None:
                here = [p for p in mine[place.group] if lane.count == 1 or p.port == lane.number]
                _attach(place, here, lane, plan, leaves, row, pool, draft)
        if lane.number == 0:
            _reserve(spec, tables, lane, plan, leaves, row)
        draft.switches += leaves.values()
        below = [
            Below(switch, *plan.below(unit, rail, part, side))
            for (unit, rail, part, side), switch in leaves.items()
        ]
        add_spines(lane, plan.clos, below)
    draft.radix[name] = model.ports * leaf.split, model.speed_gbps // leaf.split
    draft.clos[name] = plan.clos
    if plan.clos.core:
        draft.pod_units[name] = plan.clos.pod_blocks


Leaves = dict[tuple[int, int, int, int], SwitchDraft]
"""By unit, rail, part and side."""


def _leaves(lane: Lane, plan: RailPlan, units: list[int]) -> Leaves:
    made: Leaves = {}
    for unit in units:
        for rail in range(plan.rails):
            for part in range(plan.parts):
                for side in range(plan.sides):
                    seat = plan.seat(rail, part, side)
                    tail = f"-l{part + 1:02d}" if plan.parts > 1 else ""
                    tail += f"-t{side}" if plan.sides > 1 else ""
                    made[unit, rail, part, side] = lane.switch(
                        "leaf",
                        f"su{unit:02d}-r{rail}{tail}",
                        (unit - 1) * plan.unit_leaves + seat,
                        seat + 1,
                        wide=(unit - 1) * plan.wide + seat,
                        unit=unit,
                        rail=rail,
                        pod=plan.clos.pod(unit - 1) + 1 if plan.clos.core else None,
                        side=side,
                        seat=seat,
                    )
    return made


def _attach(
    place: Place,
    ports: list[Port],
    lane: Lane,
    plan: RailPlan,
    leaves: Leaves,
    row: Row,
    pool: RailPool,
    draft: Draft,
) -> None:
    """Cable a server's compute ports of one lane."""
    leaf, unit = plan.clos.leaf, place.unit or 0
    part, order = divmod(place.index - 1, leaf.hosts)
    vrf = draft.vrfs.name("compute", place.group)
    for port in ports:
        if port.rail is None:
            continue
        switch = leaves[unit, port.rail, part, port.port if plan.sides > 1 else 0]
        near, far = pool.link(port.step, unit, place.index)
        speed = min(port.speed_gbps, leaf.speed_gbps)
        address = near if lane.routed else None
        own = SwitchPort(row.names[order], "host", "compute", address, lane.mtu, speed, vrf)
        lane.host(switch, order, row, own, End(place.name, port.name))
        given = far if lane.routed else Addr(far.value, pool.rail_length())
        gateway = near.ip if lane.routed else None
        draft.attached[place.name, port.name] = Attached(given, gateway, speed)


def _reserve(spec: ClusterSpec, tables: Tables, lane: Lane, plan: RailPlan, leaves: Leaves, row: Row) -> None:
    """Cable the appliances (UFM): ports of the first unit's last place, one on each rail in turn."""
    gpu = groups_of(spec, "gpu")
    if not lane.fabric.reserved_ports or not gpu:
        return
    leaf, places = plan.clos.leaf, unit_size(gpu[0][1], tables)
    for number in range(lane.fabric.reserved_ports):
        part, order = divmod(places - 1 - number // plan.rails, leaf.hosts)
        switch = leaves[1, number % plan.rails, part, 0]
        own = SwitchPort(row.names[order], "host", None, None, lane.mtu, leaf.speed_gbps)
        lane.host(switch, order, row, own, End(f"{lane.name}-appliance-01", f"port{number + 1}"))
