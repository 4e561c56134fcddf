"""Fit: does the declared cluster fit its pools and its switches? Every shortage names the key."""

from __future__ import annotations

from rackwright.design.asn import TIERS, lane
from rackwright.design.attachment import attachment_misfits
from rackwright.design.limits import device_shortages
from rackwright.design.management import management_misfits
from rackwright.design.nics import Port, lanes_in, ports_of
from rackwright.design.pairs import size_leaves
from rackwright.design.places import Place, groups_of, places, rails, unit_size
from rackwright.design.pools import LeafPool, Pool
from rackwright.design.rails import rail_pool, size_rails
from rackwright.design.ranges import ranges, reserves
from rackwright.design.sizing import Clos, DoesNotFit
from rackwright.design.subnet import lid_shortages
from rackwright.design.vrfs import planes_on
from rackwright.errors import Shortage
from rackwright.models.spec import ClusterSpec, PlaneName
from rackwright.models.tables import Tables


def misfits(spec: ClusterSpec, tables: Tables) -> list[Shortage]:
    """All shortages, fabrics first; empty when the design fits."""
    found = _structure(spec) or attachment_misfits(spec, tables)
    if found:
        return found
    found = device_shortages(spec, tables)
    stand = places(spec, tables)
    ports = {group: ports_of(group, spec, tables) for group in sorted(spec.machines)}
    classes: dict[int, int] = {}
    for name in sorted(spec.fabrics):
        try:
            if spec.fabrics[name].topology == "rail-optimised":
                found += _rails(name, spec, tables, stand, ports, classes)
            elif spec.fabrics[name].topology == "leaf-spine":
                found += _leaves(name, spec, tables, stand, ports, classes)
        except DoesNotFit as problem:
            found.append(
                Shortage(("fabrics", name, problem.key), problem.found, problem.expected, problem.hint)
            )
    found += management_misfits(spec, tables, stand, classes)
    return found or reserves(spec, ranges(spec, tables, stand, ports))


def _structure(spec: ClusterSpec) -> list[Shortage]:
    """Planes on fabrics that cannot carry them."""
    found: list[Shortage] = []
    if "management" not in spec.planes:
        found.append(Shortage(("planes",), "no management plane", "management, on a fabric of topology tree"))
    for name, plane in sorted(spec.planes.items(), key=lambda pair: str(pair[0])):
        topology = spec.fabrics[plane.fabric].topology
        if (name == "management") != (topology == "tree"):
            fits = "tree" if name == "management" else "rail-optimised or leaf-spine"
            found.append(Shortage(("planes", name, "fabric"), f"topology {topology}", f"topology {fits}"))
        elif topology == "rail-optimised" and name != "compute":
            hint = "only compute NICs have rails"
            found.append(Shortage(("planes", name, "fabric"), f"topology {topology}", "leaf-spine", hint))
    carried = {plane.fabric for plane in spec.planes.values()}
    for idle in sorted(set(spec.fabrics) - carried):
        found.append(Shortage(("fabrics", idle), "no plane on it", "at least one plane"))
    return found


def _rails(
    name: str,
    spec: ClusterSpec,
    tables: Tables,
    stand: list[Place],
    ports: dict[str, list[Port]],
    classes: dict[int, int],
) -> list[Shortage]:
    reserved, gpu = spec.fabrics[name].reserved_ports, groups_of(spec, "gpu")
    if gpu and reserved > (most := rails(spec, tables) * (unit_size(gpu[0][1], tables) - 1)):
        hint = "the first unit gives up places for them and keeps at least one server"
        return [Shortage(("fabrics", name, "reserved_ports"), f"{reserved}", f"at most {most}", hint)]
    if not rails(spec, tables):
        return [Shortage(("fabrics", name, "topology"), "no GPU server with compute NICs", "at least one")]
    plan, pool = size_rails(name, spec, tables, stand), rail_pool(spec, tables)
    _count(classes, spec, name, plan.leaves, plan.clos)
    found = lid_shortages(name, spec, ports, plan.leaves, plan.clos)
    found += _trunks(name, spec, "compute", pool.pool, plan.units * plan.wide, plan.clos)
    room = pool.pool.loopbacks("leaf"), pool.pool.loopbacks("spine")
    lanes = lanes_in(spec.fabrics[name])
    leaves, above = plan.units * plan.wide * lanes, _above(plan.clos) * lanes
    if plan.units > pool.units or leaves > room[0] or above > room[1]:
        found.append(
            Shortage(
                ("planes", "compute", "prefix"),
                f"room for {pool.units} units, {room[0]} leaf and {room[1]} spine loopbacks",
                f"room for {plan.units} units, {leaves} leaf and {above} spine loopbacks",
                "use a shorter prefix",
            )
        )
    return found


def _leaves(
    name: str,
    spec: ClusterSpec,
    tables: Tables,
    stand: list[Place],
    ports: dict[str, list[Port]],
    classes: dict[int, int],
) -> list[Shortage]:
    plan = size_leaves(name, spec, tables, stand, ports)
    hosts, lanes = plan.layout.leaf.hosts, lanes_in(spec.fabrics[name])
    _count(classes, spec, name, plan.leaves, plan.clos)
    leaves, above = plan.leaves * lanes, _above(plan.clos) * lanes
    found = lid_shortages(name, spec, ports, plan.leaves, plan.clos)
    for plane in planes_on(spec, name):
        pool = LeafPool(Pool.of(spec.planes[plane].prefix), hosts)
        room = pool.pool.loopbacks("leaf"), pool.pool.loopbacks("spine")
        lends = plane == planes_on(spec, name)[0]
        blocks = rail_pool(spec, tables).units if plane == "compute" else pool.leaves
        wanted = max((place.unit or 0 for place in stand), default=0) if plane == "compute" else leaves
        if wanted > blocks or (lends and (leaves > room[0] or above > room[1])):
            what = "units" if plane == "compute" else f"leaves of {hosts} host ports"
            text = f"room for {blocks} {what}"
            text += f", {room[0]} leaf and {room[1]} spine loopbacks" if lends else ""
            need = f"room for {wanted} {what.split()[0]} and {above} spines"
            found.append(Shortage(("planes", plane, "prefix"), text, need, "use a shorter prefix"))
        if lends:
            found += _trunks(name, spec, plane, pool.pool, plan.leaves, plan.clos)
    return found


def _above(clos: Clos) -> int:
    """Loopbacks of spines and cores, which share a range."""
    return clos.spine_positions + (clos.core_positions + 1 if clos.core else 0)


def _trunks(
    name: str, spec: ClusterSpec, plane: PlaneName, pool: Pool, leaves: int, clos: Clos
) -> list[Shortage]:
    """Room for the /31 of links between switches."""
    fabric = spec.fabrics[name]
    if fabric.underlay != "numbered" or fabric.kind == "infiniband":
        return []
    lanes = lanes_in(fabric)
    lower = leaves * lanes * clos.wiring.uplinks_max
    upper = clos.spine_positions * lanes * clos.core.up_max if clos.core else 0
    most = pool.trunks
    if lower <= most[0] and upper <= most[1]:
        return []
    return [
        Shortage(
            ("planes", plane, "prefix"),
            f"room for {most[0]} numbered links of leaves and {most[1]} of spines",
            f"room for {lower} and {upper}",
            "use a shorter prefix, or underlay: unnumbered",
        )
    ]


def _count(classes: dict[int, int], spec: ClusterSpec, name: str, leaves: int, clos: Clos) -> None:
    """Remember how many management addresses each class of switch needs."""
    first, lanes = lane(spec, name) * len(TIERS), lanes_in(spec.fabrics[name])
    counts = (leaves, clos.spine_positions, clos.core_positions)
    classes.update({first + tier: count * lanes for tier, count in enumerate(counts)})
