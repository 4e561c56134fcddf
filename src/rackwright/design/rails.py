"""Rail-optimised fabric: in each scalable unit one leaf for each rail; spines join rails and units."""

from __future__ import annotations

from rackwright.design.asn import asn, lane
from rackwright.design.draft import Attached, Draft, Link, SwitchDraft, switch_mtu
from rackwright.design.nics import Port, on_fabric
from rackwright.design.places import Place, groups_of, largest_unit, power_of_two, rails, unit_size
from rackwright.design.pools import Pool, RailPool
from rackwright.design.ports import numbered
from rackwright.design.sizing import Leaf, Wiring, leaf_for, ratio_of, wire
from rackwright.design.spines import add_spines
from rackwright.models.design import Addr, End, SwitchPort
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables


def rail_pool(spec: ClusterSpec, tables: Tables) -> RailPool:
    """Addresses of the compute plane."""
    pool = Pool.of(spec.planes["compute"].prefix)
    return RailPool(pool, rails(spec, tables), largest_unit(spec, tables))


def size_rails(
    name: str, spec: ClusterSpec, tables: Tables, servers: list[Place], ports: dict[str, list[Port]]
) -> tuple[Leaf, Wiring, int]:
    """(a full leaf, the wiring, units that are numbered).

    :raises DoesNotFit: when no two-tier fabric of this switch carries it.
    """
    fabric = spec.fabrics[name]
    model = tables.switches[fabric.switch]
    units = max((place.unit or 0 for place in servers), default=0)
    speeds = [port.speed_gbps for group in ports.values() for port in group if port.plane == "compute"]
    ratio = ratio_of(fabric.oversubscription)
    leaf = leaf_for(model, max(speeds, default=model.speed_gbps), largest_unit(spec, tables), ratio)
    count = units * rails(spec, tables)
    return leaf, wire(model, leaf, count, ratio, fabric.spines, fabric.spine_links), units


def build_rails(
    name: str,
    spec: ClusterSpec,
    tables: Tables,
    servers: list[Place],
    ports: dict[str, list[Port]],
    draft: Draft,
) -> None:
    """Add the fabric's switches and links, and what each compute NIC gets from its leaf."""
    fabric = spec.fabrics[name]
    model = tables.switches[fabric.switch]
    leaf, wiring, _ = size_rails(name, spec, tables, servers, ports)
    pool = rail_pool(spec, tables)
    number_of_rails, place_in_fabric = rails(spec, tables), lane(spec, name)
    routed = fabric.kind != "infiniband"
    leaves: dict[tuple[int, int], SwitchDraft] = {}
    for unit in sorted({place.unit for place in servers if place.unit is not None}):
        for rail in range(number_of_rails):
            wide = (unit - 1) * power_of_two(number_of_rails) + rail
            leaves[unit, rail] = SwitchDraft(
                f"{name}-su{unit:02d}-r{rail}",
                name,
                fabric.kind,
                "leaf",
                model,
                fabric.nos,
                place_in_fabric,
                (unit - 1) * number_of_rails + rail,
                rail + 1,
                unit,
                rail,
                asn(place_in_fabric, "leaf", wide) if routed else None,
                pool.pool.loopback("leaf", wide) if routed else None,
            )
    for place in servers:
        for port in on_fabric(place, name, ports, spec):
            if place.unit is None or port.rail is None:
                continue
            switch = leaves[place.unit, port.rail]
            near, far = pool.link(port.rail, place.unit, place.index)
            own = numbered(fabric.nos, 1, place.index - 1, leaf.split)
            speed = min(port.speed_gbps, leaf.speed_gbps)
            switch.add(
                place.index - 1,
                SwitchPort(
                    own,
                    "host",
                    "compute",
                    near if routed else None,
                    switch_mtu(fabric.kind),
                    speed,
                    vrf=draft.vrfs.name("compute", place.group),
                ),
            )
            draft.links.append(
                Link(End(switch.name, own), End(place.name, port.name), name, "host-leaf", speed)
            )
            address = far if routed else Addr(far.value, pool.rail_length())
            draft.attached[place.name, port.name] = Attached(address, near.ip if routed else None, speed)
    _reserve(name, spec, tables, leaf, leaves, draft)
    ordered = [(switch.position, switch) for switch in leaves.values()]
    draft.switches += leaves.values()
    first_uplink = model.ports + 1 if model.uplinks else leaf.cages + 1
    add_spines(name, fabric, model, pool.pool, place_in_fabric, wiring, first_uplink, ordered, draft)
    draft.radix[name] = model.ports * leaf.split, model.speed_gbps // leaf.split


def _reserve(
    name: str,
    spec: ClusterSpec,
    tables: Tables,
    leaf: Leaf,
    leaves: dict[tuple[int, int], SwitchDraft],
    draft: Draft,
) -> None:
    """Cable the appliances (UFM): ports of the first unit's last place, one on each rail in turn."""
    fabric = spec.fabrics[name]
    gpu = groups_of(spec, "gpu")
    if not fabric.reserved_ports or not gpu:
        return
    size, number_of_rails = unit_size(gpu[0][1], tables), rails(spec, tables)
    for number in range(fabric.reserved_ports):
        index = size - 1 - number // number_of_rails
        switch = leaves[1, number % number_of_rails]
        own = numbered(fabric.nos, 1, index, leaf.split)
        switch.add(index, SwitchPort(own, "host", None, None, switch_mtu(fabric.kind), leaf.speed_gbps))
        far = End(f"{name}-appliance-01", f"port{number + 1}")
        draft.links.append(Link(End(switch.name, own), far, name, "host-leaf", leaf.speed_gbps))
