"""Cheaper: the same servers with fewer switches, found by asking the sizing again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rackwright.design.clos.leaf import leaf_for, ratio_of
from rackwright.design.places import largest_unit
from rackwright.design.rails import RailPlan
from rackwright.design.sized import Sized
from rackwright.design.sizing import DoesNotFit, size


def cheaper(view: Sized) -> Iterator[str]:
    """The best of: another switch, another unit size; then one with more oversubscription."""
    now = view.switches(view.ask, view.clos)
    found = [(count, words) for words, count in _others(view) if count < now]
    if found:
        count, words = min(found)
        yield f"cheaper: {words}: {count:,} switches, {now - count:,} fewer"
    else:
        yield f"cheaper: no other switch or unit size of the catalog needs fewer than {now:,} switches"
    over, under = ratio_of(view.fabric.oversubscription)
    ratio = f"{2 * over // under}:1" if 2 * over % under == 0 else f"{2 * over}:{under}"
    fewer = _with(view, oversubscription=ratio)
    if fewer is not None and fewer < now:
        yield f"fewer uplinks: oversubscription {ratio}: {fewer:,} switches, {now - fewer:,} fewer"


def _others(view: Sized) -> Iterator[tuple[str, int]]:
    """Other answers with the same bandwidth."""
    own = view.tables.switches[view.fabric.switch]
    for model in sorted(view.tables.switches.values(), key=lambda row: row.name):
        same = (model.kind, model.vendor, model.uplinks) == (own.kind, own.vendor, own.uplinks)
        if same and model.name != own.name and model.speed_gbps >= view.clos.leaf.speed_gbps:
            count = _with(view, switch=model.name, split=None, uplink_split=None)
            if count is not None:
                yield f"switch {model.name}", count
    if view.rails:
        full = leaf_for(view.ask.model, view.clos.leaf.speed_gbps, None, view.ask.ratio, view.fabric.split)
        now = largest_unit(view.spec, view.tables)
        for size_ in sorted({full.hosts, full.hosts // 2} - {now, 0}):
            if (less := _units(view, size_)) is not None:
                yield f"units of {size_} servers (a leaf has places for {full.hosts})", less


def _with(view: Sized, **changes: object) -> int | None:
    """Switches with other keys of the fabric; None where that does not fit."""
    pinned = {"spines": None, "spine_links": None, "cores": None, "core_links": None, "pod_units": None}
    fabric = view.fabric.model_copy(update={**pinned, "leaves": None, "tiers": None, **changes})
    spec = view.spec.model_copy(update={"fabrics": {**view.spec.fabrics, view.name: fabric}})
    try:
        plan = view.sized(spec)
    except DoesNotFit:
        return None
    return view.switches(plan.ask, plan.clos)


def _units(view: Sized, servers: int) -> int | None:
    """Switches with units of another size."""
    total = sum(place.role == "gpu" for place in view.stand)
    parts = view.plan.parts if isinstance(view.plan, RailPlan) else 1
    leaf = leaf_for(view.ask.model, view.clos.leaf.speed_gbps, servers, view.ask.ratio, view.fabric.split)
    ask = replace(
        view.ask,
        leaf=leaf,
        blocks=-(-total // servers),
        per_block=view.ask.per_block // parts,
        spines=None,
        links=None,
        pod_blocks=None,
        cores=None,
        core_links=None,
        tiers=None,
    )
    try:
        return view.switches(ask, size(ask))
    except DoesNotFit:
        return None
