"""Reasons: for each fabric why it is sized so, what would be cheaper, and where its limits are.

Every figure comes from the sizing functions themselves, asked again with another switch, unit, ratio or size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rackwright.design.cheaper import cheaper
from rackwright.design.clos.leaf import leaf_for
from rackwright.design.clos.limits import endpoints
from rackwright.design.places import Place
from rackwright.design.rails import RailPlan
from rackwright.design.sized import Ports, Sized
from rackwright.design.sizing import two
from rackwright.design.subnet import MOST_LIDS, lids
from rackwright.models.design import FabricDesign
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables


def explained(
    fabrics: tuple[FabricDesign, ...], spec: ClusterSpec, tables: Tables, stand: list[Place], ports: Ports
) -> tuple[FabricDesign, ...]:
    """The fabrics with their reasons; those of a tree are there already."""
    return tuple(
        replace(fabric, reasons=fabric.reasons or reasons(fabric.name, spec, tables, stand, ports))
        for fabric in fabrics
    )


def reasons(
    name: str, spec: ClusterSpec, tables: Tables, stand: list[Place], ports: Ports
) -> tuple[str, ...]:
    """A sentence each: tiers, counts, cheaper, limits. Empty for a tree: it has its own."""
    if spec.fabrics[name].topology == "tree":
        return ()
    view = Sized(name, spec, tables, stand, ports)
    return (_tiers(view), _counts(view), *cheaper(view), *_limits(view))


def _tiers(view: Sized) -> str:
    """Why two or three."""
    leaves, end = view.ask.blocks * view.ask.per_block, view.most(2)
    below = f"{leaves:,} leaves" + (" of each rail" if view.ask.groups > 1 else "")
    radix = view.clos.wiring.radix
    if view.clos.tiers == 2:
        up = view.clos.wiring.uplinks
        return f"2 tiers: {below} with {up} uplinks each fit below spines of {radix} ports"
    if end >= view.ask.blocks:
        flat = two(view.ask)
        less = view.switches(view.ask, view.clos) - view.switches(view.ask, flat)
        return f"3 tiers: the file says so; 2 tiers would do with {less:,} switches fewer"
    return f"3 tiers: {below} exceed what 2 tiers end at, {end * view.ask.per_block:,} leaves"


def _counts(view: Sized) -> str:
    """How many switches, and why not fewer."""
    ask, clos = view.ask, view.clos
    wiring = clos.wiring
    units = f"{ask.blocks:,} {view.block}" + ("s" if ask.blocks > 1 else "")
    text = f"{view.leaves(ask) * view.lanes:,} leaves: {units} x {ask.per_block * ask.groups}"
    text += f" x {view.lanes} fabric planes" if view.lanes > 1 else ""
    spread = f"a leaf's {wiring.uplinks} uplinks go {wiring.links} to each of {wiring.spines} spines"
    where = ("of its pod" if clos.core else "") + (" of its rail" if ask.groups > 1 else "")
    text += f"; {clos.spines * view.lanes:,} spines: {spread}{' ' if where else ''}{where.strip()}"
    if clos.core:
        text += f", {clos.pods} pods of {clos.pod_blocks} {view.block}s; {clos.cores * view.lanes:,} cores: "
        text += f"{clos.core.up} links up from each spine, {clos.core.links} to each core it reaches"
    return text


def _limits(view: Sized) -> Iterator[str]:
    """By radix, by fabric planes, by unit."""
    ask, split = view.ask, view.clos.leaf.split
    radix = ask.model.ports * split
    ends = f"{endpoints(radix, 2):,} endpoints in 2 tiers and at {endpoints(radix, 3):,} in 3"
    speed = view.clos.leaf.speed_gbps
    yield f"limit by radix: with {radix} ports of {speed}G in a switch, 1:1 ends at {ends}"
    two_end, three_end = view.servers(view.most(2)), view.servers(view.most(3))
    step = f"server {two_end + 1:,} needs a third tier, " if view.clos.tiers == 2 else ""
    yield f"limit of this fabric: {step}{three_end:,} GPU servers are the end of 3 tiers"
    if view.lanes > 1:
        text = f"limit by planes: each of the {view.lanes} fabric planes ends there by itself"
        whole = ask.model.speed_gbps // (view.clos.leaf.speed_gbps * view.lanes)
        if whole:
            undivided = ask.model.ports * whole
            flat = f"{endpoints(undivided, 2):,} endpoints in 2 tiers"
            text += f"; NICs in one piece would see {undivided} ports in a switch: {flat}"
        yield text
    if view.fabric.kind == "infiniband":
        leaves = view.leaves(ask)
        needed = lids(view.name, view.spec, view.ports, leaves, view.clos)
        yield f"limit by subnet: {needed:,} of {MOST_LIDS:,} local identifiers are needed"
    if isinstance(view.plan, RailPlan):
        full = leaf_for(ask.model, view.clos.leaf.speed_gbps, None, ask.ratio, view.fabric.split).hosts
        text = f"limit by unit: a leaf takes {full} servers; a larger unit has several leaves for each rail"
        yield text + (f" (this one has {view.plan.parts})" if view.plan.parts > 1 else "")
