"""Lift: how much all leaves together can bring to a fabric's top tier, and what a loss takes of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from rackwright.design.structure import Graph, Structure

Loss = tuple[float | None, float | None]
"""(share of the worst pair of remaining leaves, share of the bisection); None: nothing to compare."""


@dataclass(slots=True)
class Lift:
    """Gb/s in two or three tiers. ``own`` is the part that passes through each spine."""

    up: Graph
    top: Graph
    down: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Into a spine, from all its leaves."""
    above: dict[str, int] = field(default_factory=dict)
    """Out of a spine, to all its cores; a two-tier fabric ends at the spine."""
    below: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """Core -> spine -> Gb/s."""
    groups: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Leaves that meet in the same spines, by the first of these."""
    pairs: bool = False
    """Are there two leaves that meet in a spine?"""
    apart: bool = False
    """Are there two leaves that meet only in the core?"""
    total: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    """Gb/s of a leaf to all its spines."""
    lifts: dict[str, int] = field(default_factory=dict)
    """What :meth:`leaf` has answered already."""
    typical: dict[str, str] = field(default_factory=dict)
    """Spine -> a leaf below it that has least to other spines: the worst to lose it."""

    @classmethod
    def of(cls, one: Structure) -> Lift:
        found = cls(one.up, one.top)
        sizes = found.sizes = {leaf: sum(row.values()) for leaf, row in one.up.items()}
        for leaf, row in one.up.items():
            for spine, gbps in row.items():
                found.down[spine] += gbps
                old = found.typical.get(spine)
                if old is None or gbps * sizes[old] > one.up[old][spine] * sizes[leaf]:
                    found.typical[spine] = leaf
        for spine, row in one.top.items():
            found.above[spine] = sum(row.values())
            for core, gbps in row.items():
                found.below[core][spine] = gbps
        for row in one.up.values():
            found.groups[min(row)] += 1
        found.pairs = any(count > 1 for count in found.groups.values())
        found.apart = bool(one.top) and len(found.groups) > 1
        found.total = sum(found.through(spine) for spine in found.down)
        return found

    def through(self, spine: str, less_down: int = 0, less_up: int = 0) -> int:
        """What can be lifted through a spine."""
        down = self.down[spine] - less_down
        return min(down, self.above[spine] - less_up) if self.top else down

    def leaf(self, leaf: str) -> int:
        """What a leaf can lift to the core."""
        if leaf not in self.lifts:
            above = self.above
            self.lifts[leaf] = sum(min(gbps, above.get(spine, 0)) for spine, gbps in self.up[leaf].items())
        return self.lifts[leaf]

    def share(self, lost: int) -> float | None:
        """Of the bisection."""
        return lost / self.total if self.total else None

    def share_of(self, switches: set[str]) -> float | None:
        """What passes through these spines (a pod, a fabric plane)."""
        return self.share(sum(self.through(spine) for spine in self.down if spine in switches))

    def without_switch(self, name: str) -> Loss:
        if name in self.up:
            row = self.up[name]
            lost = sum(self.through(spine) - self.through(spine, gbps) for spine, gbps in row.items())
            rest = {**self.groups, min(row): self.groups[min(row)] - 1}
            met = any(count > 1 for count in rest.values())
            left = met or (bool(self.top) and sum(count > 0 for count in rest.values()) > 1)
            return (0.0 if left else None), self.share(lost)
        if name in self.down:
            leaf = self.typical[name]
            return self._pair(leaf, name, self.up[leaf][name]), self.share(self.through(name))
        if name in self.below:
            less = self.below[name]
            lost = sum(self.through(spine) - self.through(spine, 0, gbps) for spine, gbps in less.items())
            return self._beyond(self.typical[next(iter(less))], less), self.share(lost)
        return None, None

    def without_link(self, low: str, high: str, gbps: int) -> Loss:
        """One of the cables between two switches."""
        if low in self.up:
            return self._pair(low, high, gbps), self.share(self.through(high) - self.through(high, gbps))
        if low in self.top:
            pair = self._beyond(self.typical[low], {low: gbps})
            return pair, self.share(self.through(low) - self.through(low, 0, gbps))
        return None, None

    def _beyond(self, leaf: str, less: dict[str, int]) -> float | None:
        """A leaf loses so much above its spines: pairs that meet below the core lose nothing."""
        before = self.leaf(leaf) if self.apart else 0
        if not before:
            return 0.0 if self.pairs else None
        row = self.up[leaf]
        lost = sum(
            min(row[spine], self.above[spine]) - min(row[spine], self.above[spine] - gbps)
            for spine, gbps in less.items()
            if spine in row
        )
        return lost / before

    def _pair(self, leaf: str, spine: str, gbps: int) -> float | None:
        """A leaf loses so much to one spine: worst of the pairs inside its group and beyond."""
        shares = []
        if self.pairs:
            shares.append(gbps / self.sizes[leaf])
        before = self.leaf(leaf)
        if self.apart and before:
            now = min(self.up[leaf][spine], self.above[spine])
            shares.append((now - min(self.up[leaf][spine] - gbps, self.above[spine])) / before)
        return max(shares, default=None)
