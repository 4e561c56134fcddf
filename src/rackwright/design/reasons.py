"""Reasons: for each fabric why it is sized so, what would be cheaper, and where its limits are.

Every figure comes from the sizing functions themselves, asked again with another switch, unit, ratio or size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rackwright.design.clos.leaf import leaf_for, ratio_of
from rackwright.design.clos.limits import endpoints
from rackwright.design.nics import Port, cabled, lanes_in
from rackwright.design.pairs import LeafPlan, size_leaves
from rackwright.design.places import Place, largest_unit
from rackwright.design.rails import RailPlan, size_rails
from rackwright.design.sizing import Ask, Clos, DoesNotFit, size, three, two
from rackwright.design.subnet import MOST_LIDS, lids
from rackwright.models.design import FabricDesign
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables

Ports = dict[str, list[Port]]
_MOST_BLOCKS = 1 << 17
"""Where the search for a limit ends: more units than any site has."""


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
    view = _View(name, spec, tables, stand, ports)
    return (view.tiers(), view.counts(), *view.cheaper(), *view.limits())


class _View:
    """A sized fabric and the questions asked of it."""

    def __init__(
        self, name: str, spec: ClusterSpec, tables: Tables, stand: list[Place], ports: Ports
    ) -> None:
        self.name, self.spec, self.tables, self.stand, self.ports = name, spec, tables, stand, ports
        self.fabric = spec.fabrics[name]
        self.plan = self.sized(spec)
        self.ask: Ask = self.plan.ask
        self.clos: Clos = self.plan.clos
        self.lanes = lanes_in(self.fabric)
        self.rails = isinstance(self.plan, RailPlan)
        self.block = "unit" if self.rails else "leaf pair"

    def sized(self, spec: ClusterSpec) -> RailPlan | LeafPlan:
        """The fabric as this spec has it.

        :raises DoesNotFit: as sizing does.
        """
        if spec.fabrics[self.name].topology == "rail-optimised":
            return size_rails(self.name, spec, self.tables, self.stand)
        return size_leaves(self.name, spec, self.tables, self.stand, self.ports)

    def leaves(self, ask: Ask) -> int:
        """In one fabric plane."""
        return ask.blocks * ask.per_block * ask.groups

    def switches(self, ask: Ask, clos: Clos) -> int:
        return (self.leaves(ask) + clos.spines + clos.cores) * self.lanes

    def servers(self, blocks: int) -> int:
        """GPU servers that so many blocks have places for."""
        if isinstance(self.plan, LeafPlan):
            return blocks * self.plan.layout.shares["gpu"][1]
        return blocks * largest_unit(self.spec, self.tables)

    def most(self, tiers: int) -> int:
        """Blocks that so many tiers carry with this switch, unit and ratio: doubled, then halved in."""

        def fits(blocks: int) -> bool:
            ask = replace(self.ask, blocks=blocks, cores=None)
            try:
                clos = (two if tiers == 2 else three)(ask)
            except DoesNotFit:
                return False
            return self.fabric.kind != "infiniband" or self.identifiers(blocks, ask, clos) <= MOST_LIDS

        low, high = 0, 1
        while high < _MOST_BLOCKS and fits(high):
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        return low

    def identifiers(self, blocks: int, ask: Ask, clos: Clos) -> int:
        """Of one subnet where all places are taken by GPU servers."""
        ports = max((len(cabled(row, self.name, self.spec)) for row in self.ports.values()), default=0)
        adapters = self.servers(blocks) * ports // self.lanes
        return (adapters + self.leaves(ask) + clos.spines + clos.cores) // (1 if clos.core else clos.groups)

    def tiers(self) -> str:
        """Why two or three."""
        leaves, end = self.ask.blocks * self.ask.per_block, self.most(2)
        below = f"{leaves:,} leaves" + (" of each rail" if self.ask.groups > 1 else "")
        radix = self.clos.wiring.radix
        if self.clos.tiers == 2:
            up = self.clos.wiring.uplinks
            return f"2 tiers: {below} with {up} uplinks each fit below spines of {radix} ports"
        if end >= self.ask.blocks:
            flat = two(self.ask)
            less = self.switches(self.ask, self.clos) - self.switches(self.ask, flat)
            return f"3 tiers: the file says so; 2 tiers would do with {less:,} switches fewer"
        return f"3 tiers: {below} exceed what 2 tiers end at, {end * self.ask.per_block:,} leaves"

    def counts(self) -> str:
        """How many switches, and why not fewer."""
        ask, clos = self.ask, self.clos
        wiring = clos.wiring
        units = f"{ask.blocks:,} {self.block}" + ("s" if ask.blocks > 1 else "")
        text = f"{self.leaves(ask) * self.lanes:,} leaves: {units} x {ask.per_block * ask.groups}"
        text += f" x {self.lanes} fabric planes" if self.lanes > 1 else ""
        spread = f"a leaf's {wiring.uplinks} uplinks go {wiring.links} to each of {wiring.spines} spines"
        where = ("of its pod" if clos.core else "") + (" of its rail" if ask.groups > 1 else "")
        text += f"; {clos.spines * self.lanes:,} spines: {spread}{' ' if where else ''}{where.strip()}"
        if clos.core:
            text += (
                f", {clos.pods} pods of {clos.pod_blocks} {self.block}s; {clos.cores * self.lanes:,} cores: "
            )
            text += f"{clos.core.up} links up from each spine, {clos.core.links} to each core it reaches"
        return text

    def cheaper(self) -> Iterator[str]:
        """The best of: another switch, another unit size; then one with more oversubscription."""
        now = self.switches(self.ask, self.clos)
        found = [(count, words) for words, count in self._others() if count < now]
        if found:
            count, words = min(found)
            yield f"cheaper: {words}: {count:,} switches, {now - count:,} fewer"
        else:
            yield f"cheaper: no other switch or unit size of the catalog needs fewer than {now:,} switches"
        over, under = ratio_of(self.fabric.oversubscription)
        ratio = f"{2 * over // under}:1" if 2 * over % under == 0 else f"{2 * over}:{under}"
        fewer = self._with(oversubscription=ratio)
        if fewer is not None and fewer < now:
            yield f"fewer uplinks: oversubscription {ratio}: {fewer:,} switches, {now - fewer:,} fewer"

    def _others(self) -> Iterator[tuple[str, int]]:
        """Other answers with the same bandwidth."""
        own = self.tables.switches[self.fabric.switch]
        for model in sorted(self.tables.switches.values(), key=lambda row: row.name):
            same = (model.kind, model.vendor, model.uplinks) == (own.kind, own.vendor, own.uplinks)
            if same and model.name != own.name and model.speed_gbps >= self.clos.leaf.speed_gbps:
                count = self._with(switch=model.name, split=None, uplink_split=None)
                if count is not None:
                    yield f"switch {model.name}", count
        if self.rails:
            full = leaf_for(
                self.ask.model, self.clos.leaf.speed_gbps, None, self.ask.ratio, self.fabric.split
            )
            now = largest_unit(self.spec, self.tables)
            for size_ in sorted({full.hosts, full.hosts // 2} - {now, 0}):
                if (less := self._units(size_)) is not None:
                    yield f"units of {size_} servers (a leaf has places for {full.hosts})", less

    def _with(self, **changes: object) -> int | None:
        """Switches with other keys of the fabric; None where that does not fit."""
        pinned = {"spines": None, "spine_links": None, "cores": None, "core_links": None, "pod_units": None}
        fabric = self.fabric.model_copy(update={**pinned, "leaves": None, "tiers": None, **changes})
        spec = self.spec.model_copy(update={"fabrics": {**self.spec.fabrics, self.name: fabric}})
        try:
            plan = self.sized(spec)
        except DoesNotFit:
            return None
        return self.switches(plan.ask, plan.clos)

    def _units(self, servers: int) -> int | None:
        """Switches with units of another size."""
        total = sum(place.role == "gpu" for place in self.stand)
        parts = self.plan.parts if isinstance(self.plan, RailPlan) else 1
        leaf = leaf_for(self.ask.model, self.clos.leaf.speed_gbps, servers, self.ask.ratio, self.fabric.split)
        ask = replace(
            self.ask,
            leaf=leaf,
            blocks=-(-total // servers),
            per_block=self.ask.per_block // parts,
            spines=None,
            links=None,
            pod_blocks=None,
            cores=None,
            core_links=None,
            tiers=None,
        )
        try:
            return self.switches(ask, size(ask))
        except DoesNotFit:
            return None

    def limits(self) -> Iterator[str]:
        """By radix, by fabric planes, by unit."""
        ask, split = self.ask, self.clos.leaf.split
        radix = ask.model.ports * split
        ends = f"{endpoints(radix, 2):,} endpoints in 2 tiers and at {endpoints(radix, 3):,} in 3"
        speed = self.clos.leaf.speed_gbps
        yield f"limit by radix: with {radix} ports of {speed}G in a switch, 1:1 ends at {ends}"
        two_end, three_end = self.servers(self.most(2)), self.servers(self.most(3))
        step = f"server {two_end + 1:,} needs a third tier, " if self.clos.tiers == 2 else ""
        yield f"limit of this fabric: {step}{three_end:,} GPU servers are the end of 3 tiers"
        if self.lanes > 1:
            text = f"limit by planes: each of the {self.lanes} fabric planes ends there by itself"
            whole = ask.model.speed_gbps // (self.clos.leaf.speed_gbps * self.lanes)
            if whole:
                undivided = ask.model.ports * whole
                flat = f"{endpoints(undivided, 2):,} endpoints in 2 tiers"
                text += f"; NICs in one piece would see {undivided} ports in a switch: {flat}"
            yield text
        if self.fabric.kind == "infiniband":
            leaves = self.leaves(ask)
            needed = lids(self.name, self.spec, self.ports, leaves, self.clos)
            yield f"limit by subnet: {needed:,} of {MOST_LIDS:,} local identifiers are needed"
        if isinstance(self.plan, RailPlan):
            full = leaf_for(ask.model, self.clos.leaf.speed_gbps, None, ask.ratio, self.fabric.split).hosts
            text = (
                f"limit by unit: a leaf takes {full} servers; a larger unit has several leaves for each rail"
            )
            yield text + (f" (this one has {self.plan.parts})" if self.plan.parts > 1 else "")
