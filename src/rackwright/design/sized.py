"""Sized: a fabric's sizing, and the same asked again with other answers."""

from __future__ import annotations

from dataclasses import replace

from rackwright.design.nics import Port, cabled, lanes_in
from rackwright.design.pairs import LeafPlan, size_leaves
from rackwright.design.places import Place, largest_unit
from rackwright.design.rails import RailPlan, size_rails
from rackwright.design.sizing import Ask, Clos, DoesNotFit, three, two
from rackwright.design.subnet import MOST_LIDS
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables

Ports = dict[str, list[Port]]
_MOST_BLOCKS = 1 << 17
"""Where the search for a limit ends: more units than any site has."""


class Sized:
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
