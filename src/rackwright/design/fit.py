"""Fit: does the declared cluster fit its pools and its switches? Every shortage names the key."""

from __future__ import annotations

from rackwright.design.asn import lane
from rackwright.design.leafspine import size_leaves
from rackwright.design.limits import device_shortages
from rackwright.design.nics import Port, ports_of
from rackwright.design.places import ROLES, Place, groups_of, places, power_of_two, rails, unit_size
from rackwright.design.pools import FlatPool, LeafPool, Pool
from rackwright.design.rails import rail_pool, size_rails
from rackwright.design.sizing import DoesNotFit, Wiring
from rackwright.errors import Shortage
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables


def misfits(spec: ClusterSpec, tables: Tables) -> list[Shortage]:
    """All shortages, fabrics first; empty when the design fits."""
    found = _structure(spec)
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
    return found + _management(spec, stand, classes)


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
    _, wiring, units = size_rails(name, spec, tables, stand, ports)
    pool = rail_pool(spec, tables)
    wide = units * power_of_two(rails(spec, tables))
    loopbacks, spines = pool.pool.loopbacks("leaf"), pool.pool.loopbacks("spine")
    _count(classes, spec, name, units * rails(spec, tables), wiring)
    found = []
    if not rails(spec, tables):
        found.append(
            Shortage(("fabrics", name, "topology"), "no GPU server with compute NICs", "at least one")
        )
    if units > pool.units or wide > loopbacks or wiring.spines > spines:
        found.append(
            Shortage(
                ("planes", "compute", "prefix"),
                f"room for {pool.units} units, {loopbacks} leaf and {spines} spine loopbacks",
                f"room for {units} units, {wide} leaf and {wiring.spines} spine loopbacks",
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
    layout, wiring, leaves = size_leaves(name, spec, tables, stand, ports)
    _count(classes, spec, name, leaves, wiring)
    found = []
    first = lane(spec, name)
    for plane, row in sorted(spec.planes.items()):
        if row.fabric != name:
            continue
        pool = LeafPool(Pool.of(row.prefix), layout.leaf.hosts)
        carries = ("compute", "storage", "business", "management").index(plane) == first
        short = carries and (
            leaves > pool.pool.loopbacks("leaf") or wiring.spines > pool.pool.loopbacks("spine")
        )
        if leaves > pool.leaves or short:
            room = f"room for {pool.leaves} leaves of {layout.leaf.hosts} host ports"
            if carries:
                room += (
                    f", {pool.pool.loopbacks('leaf')} leaf and {pool.pool.loopbacks('spine')} spine loopbacks"
                )
            wanted = f"room for {leaves} leaves and {wiring.spines} spines"
            found.append(Shortage(("planes", plane, "prefix"), room, wanted, "use a shorter prefix"))
    return found


def _count(classes: dict[int, int], spec: ClusterSpec, name: str, leaves: int, wiring: Wiring) -> None:
    """Remember how many management addresses each class of switch needs."""
    classes[lane(spec, name) * 3] = leaves
    classes[lane(spec, name) * 3 + 1] = wiring.spines


def _management(spec: ClusterSpec, stand: list[Place], classes: dict[int, int]) -> list[Shortage]:
    pool = FlatPool(Pool.of(spec.planes["management"].prefix))
    found = []
    if (most := max(classes.values(), default=0)) > pool.switches:
        found.append(
            Shortage(
                ("planes", "management", "prefix"),
                f"room for {pool.switches} switches of a tier",
                f"room for {most}",
                "use a shorter prefix",
            )
        )
    for role in ROLES:
        most = max((place.position + 1 for place in stand if place.role == role), default=0)
        if most > pool.servers(role):
            found.append(
                Shortage(
                    ("planes", "management", "prefix"),
                    f"room for {pool.servers(role)} servers of role {role}",
                    f"room for {most} (units are padded to a power of two)",
                    "use a shorter prefix",
                )
            )
    return found
