"""Ranges: the parts of each plane's prefix that are numbered by position, and how full each of them is.

A plane is as full as the fullest of its ranges: where no unit fits any more, empty loopbacks help nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rackwright.design.asn import TIERS, lane
from rackwright.design.management import access_switches, words
from rackwright.design.nics import Port, lanes_in
from rackwright.design.oob_layout import layout_of, routed
from rackwright.design.oob_pool import RoutedPool
from rackwright.design.pairs import size_leaves
from rackwright.design.places import ROLES, Place, power_of_two
from rackwright.design.pools import FlatPool, LeafPool, Pool
from rackwright.design.rails import rail_pool, size_rails
from rackwright.design.sizing import Clos
from rackwright.design.vrfs import planes_on
from rackwright.errors import Shortage
from rackwright.models.design import Range
from rackwright.models.spec import ClusterSpec, PlaneName
from rackwright.models.tables import Tables

Ranges = dict[PlaneName, list[Range]]


def ranges(spec: ClusterSpec, tables: Tables, stand: list[Place], ports: Mapping[str, list[Port]]) -> Ranges:
    """By plane. The fabrics must fit their switches (:func:`rackwright.design.fit.misfits`)."""
    found: Ranges = {name: [] for name in spec.planes}
    classes: dict[int, int] = {}
    units = max((place.unit or 0 for place in stand), default=0)
    for name in sorted(spec.fabrics):
        fabric = spec.fabrics[name]
        if fabric.topology == "tree":
            continue
        lanes = lanes_in(fabric)
        if fabric.topology == "rail-optimised":
            plan = size_rails(name, spec, tables, stand)
            clos, leaves, wide, blocks = plan.clos, plan.leaves, plan.units * plan.wide * lanes, 0
        else:
            layout = size_leaves(name, spec, tables, stand, dict(ports))
            clos, leaves, wide = layout.clos, layout.leaves, layout.leaves * lanes
            blocks = layout.layout.leaf.hosts
        for plane in planes_on(spec, name):
            pool = Pool.of(spec.planes[plane].prefix)
            if plane == "compute":
                rail = rail_pool(spec, tables)
                each = 2 * power_of_two(rail.unit_size) * power_of_two(rail.rails)
                found[plane].append(Range("scalable units", units, rail.units, each))
            else:
                each = 2 * power_of_two(blocks)
                found[plane].append(Range("leaves", leaves * lanes, LeafPool(pool, blocks).leaves, each))
        first = planes_on(spec, name)[0]
        if fabric.kind != "infiniband":
            found[first] += _loopbacks(Pool.of(spec.planes[first].prefix), wide, clos, lanes)
        counts = (leaves, clos.spine_positions, clos.core_positions)
        number = lane(spec, name) * len(TIERS)
        classes |= {number + tier: count * lanes for tier, count in enumerate(counts)}
    found["management"] += list(_management(spec, tables, stand, classes))
    return found


def _loopbacks(pool: Pool, leaves: int, clos: Clos, lanes: int) -> list[Range]:
    above = (clos.spine_positions + (clos.core_positions + 1 if clos.core else 0)) * lanes
    return [
        Range("loopbacks of leaves", leaves, pool.loopbacks("leaf"), 1),
        Range("loopbacks of spines and cores", above, pool.loopbacks("spine"), 1),
    ]


def _management(
    spec: ClusterSpec, tables: Tables, stand: list[Place], classes: Mapping[int, int]
) -> Iterator[Range]:
    pool = Pool.of(spec.planes["management"].prefix)
    name = spec.planes["management"].fabric
    if routed(spec, name):
        layout = layout_of(tables.switches[spec.fabrics[name].switch], spec, tables, stand)
        subnets = RoutedPool(pool, layout.ports)
        for kind, count in access_switches(spec, tables, stand, classes).items():
            yield Range(f"subnets {words(kind)}", count, subnets.room(kind), subnets.block)
        return
    flat = FlatPool(pool)
    for role in ROLES:
        taken = max((place.position + 1 for place in stand if place.role == role), default=0)
        yield Range(f"{role} servers", taken, flat.servers(role), 2)
    yield Range("switches of a tier", max(classes.values(), default=0), flat.switches, 1)


def reserves(spec: ClusterSpec, found: Ranges) -> list[Shortage]:
    """Planes whose fullest range eats into the growth reserve, with the prefix length that would do."""
    lacks = []
    for plane in sorted(found):
        reserve, length = spec.planes[plane].growth_reserve, Pool.of(spec.planes[plane].prefix).length
        short = [row for row in found[plane] if _free(row) < reserve]
        if not reserve or not short:
            continue
        row = min(short, key=_free)
        steps = 1
        while row.used * 100 > (row.places << steps) * (100 - reserve):
            steps += 1
        lacks.append(
            Shortage(
                ("planes", plane, "prefix"),
                f"{row.used} of {row.places} {row.name} taken, {max(0, _free(row))} % free",
                f"{reserve} % free (growth_reserve)",
                f"/{length - steps} would do" if length > steps else "",
            )
        )
    return lacks


def _free(row: Range) -> int:
    """Percentage that is free; an empty range with no places is full."""
    return 100 - -(-100 * row.used // row.places) if row.places else 0
