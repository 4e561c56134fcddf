"""Sizing: two tiers while they carry a fabric, else three. Plain numbers in, plain numbers out.

A fabric is laid out in blocks that only grow in number: scalable units, or pairs of leaves. Each block has
the same leaves in each spine group; a spine group is all leaves of a pod, or those of one rail.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.clos.leaf import Leaf, Ratio, host_split, leaf_for, parts_of, ratio_of
from rackwright.design.clos.misfit import DoesNotFit
from rackwright.design.clos.three import Core, meet
from rackwright.design.clos.two import Wiring, cages_up, join, joinable, ways_of, wire
from rackwright.models.tables import SwitchModel

__all__ = [
    "Ask",
    "Clos",
    "Core",
    "DoesNotFit",
    "Leaf",
    "Wiring",
    "host_split",
    "leaf_for",
    "parts_of",
    "ratio_of",
    "size",
    "wire",
]


@dataclass(frozen=True, slots=True)
class Ask:
    """What has to be joined, and what the site pins (None: free)."""

    model: SwitchModel
    leaf: Leaf
    blocks: int
    """Scalable units, or pairs of leaves."""
    per_block: int
    """Leaves of a block in each spine group."""
    groups: int = 1
    """Spine groups of a pod."""
    ratio: Ratio = (1, 1)
    core_ratio: Ratio = (1, 1)
    tiers: int | None = None
    spines: int | None = None
    """In each spine group of a pod."""
    links: int | None = None
    uplink_split: int | None = None
    even: bool = False
    """Links between switches run at the hosts' speed unless ``uplink_split`` is given (RDMA fabrics)."""
    pod_blocks: int | None = None
    cores: int | None = None
    core_links: int | None = None


@dataclass(frozen=True, slots=True)
class Clos:
    """A fabric (one of its parallel planes) that fits."""

    leaf: Leaf
    wiring: Wiring
    """Leaves and spines of one spine group of one pod."""
    groups: int
    pods: int
    """1 in two tiers."""
    pod_blocks: int
    """Blocks that a pod is laid out for; in two tiers all that there are."""
    core: Core | None

    @property
    def tiers(self) -> int:
        return 3 if self.core else 2

    @property
    def spines(self) -> int:
        """Spine switches of all pods."""
        return self.wiring.spines * self.groups * self.pods

    @property
    def cores(self) -> int:
        return self.core.count if self.core else 0

    @property
    def spine_room(self) -> int:
        """Positions kept for each spine group of a pod."""
        return max(self.wiring.spines, spine_room(self.leaf, self.wiring))

    def spine_position(self, pod: int, group: int, number: int) -> int:
        """Among all spines, with holes for spines to come; all from 0. Spine groups are interleaved."""
        seat = number * self.groups + group
        return pod * self.spine_room * self.groups + seat if self.core else seat

    @property
    def spine_positions(self) -> int:
        return self.spine_position(self.pods - 1, self.groups - 1, self.wiring.spines - 1) + 1

    @property
    def core_positions(self) -> int:
        return self.core.number(self.core.positions - 1, self.core.cores - 1) + 1 if self.core else 0

    def pod(self, block: int) -> int:
        """Pod, from 0, of a block, from 0."""
        return block // self.pod_blocks if self.core else 0


def spine_room(leaf: Leaf, wiring: Wiring) -> int:
    """Spines that a spine group of a pod may come to have: what makes its leaves 1:1, and four at least. Room
    for more would leave holes in every numbered range."""
    full = leaf.hosts * leaf.speed_gbps
    even = -(-full // (wiring.speed_gbps * wiring.links))
    return min(wiring.uplinks_max // wiring.links, max(4, even))


def size(ask: Ask) -> Clos:
    """Two tiers if they carry it and three are not asked for; three if nothing pins two that are outgrown.

    :raises DoesNotFit: with the key that would have to change.
    """
    if ask.tiers == 3:
        return three(ask)
    try:
        return two(ask)
    except DoesNotFit as problem:
        if ask.tiers == 2 or ask.links or not problem.outgrown:
            raise
    return three(ask)


def two(ask: Ask) -> Clos:
    """:raises DoesNotFit: when no two-tier fabric of this switch carries it."""
    leaves = ask.blocks * ask.per_block
    wiring = wire(ask.model, ask.leaf, leaves, ask.ratio, ask.spines, ask.links, ask.uplink_split, ask.even)
    return Clos(ask.leaf, wiring, ask.groups, 1, max(1, ask.blocks), None)


def three(ask: Ask) -> Clos:
    """:raises DoesNotFit: when no three-tier fabric of this switch carries it."""
    failure: DoesNotFit | None = None
    for way in ways_of(ask.model, ask.leaf, ask.links or ask.core_links, ask.uplink_split, ask.even):
        if failure and not joinable(ask.model, way):
            break
        found = []
        for blocks in _pods(ask, way):
            try:
                found.append(_three(ask, way, blocks))
            except DoesNotFit as problem:
                failure = problem if failure is None or problem.outgrown else failure
        if found:
            return min(found, key=lambda clos: clos.spines + clos.cores)
    raise failure or DoesNotFit("switch", ask.model.name, "a switch with ports")


def _faces(ask: Ask, way: int) -> tuple[int, int]:
    """(ports of a spine, those that face leaves)."""
    over, under = ask.core_ratio
    radix = cages_up(ask.model) * way
    return radix, radix * over // (over + under)


def _pods(ask: Ask, way: int) -> list[int]:
    """Blocks in a pod, to be tried: as many as the spines' ports take, whatever the fabric's size; where
    rails have spines of their own, that many or more: fewer pods leave room for every rail in the core."""
    if ask.pod_blocks:
        return [ask.pod_blocks]
    _, down = _faces(ask, way)
    smallest = max(1, down // (ask.per_block * ask.groups))
    return [smallest] if ask.groups == 1 else list(range(smallest, max(smallest, down // ask.per_block) + 1))


def _three(ask: Ask, way: int, blocks: int) -> Clos:
    radix, down = _faces(ask, way)
    leaves = blocks * ask.per_block
    if leaves > down:
        raise DoesNotFit(
            "pod_units" if ask.pod_blocks else "switch",
            f"{leaves} leaves below a pod's spines of {ask.model.name}",
            f"at most {down}",
            "their other ports face the core",
            outgrown=not ask.pod_blocks,
        )
    wiring = join(ask.model, ask.leaf, leaves, ask.ratio, way, ask.spines, ask.links, down)
    over, under = ask.core_ratio
    needed = max(1, -(-leaves * wiring.links * under // over))
    pods = max(1, -(-ask.blocks // blocks))
    core = meet(
        wiring.spines,
        ask.groups,
        pods,
        needed,
        down,
        radix - down,
        radix,
        ask.cores,
        ask.core_links,
        leaves * wiring.links,
    )
    if ask.spines and ask.spines > (most := spine_room(ask.leaf, wiring)):
        hint = "1:1 needs no more, and a pod has so many places for spines in every numbered range"
        raise DoesNotFit("spines", f"{ask.spines}", f"at most {most}", hint)
    return Clos(ask.leaf, wiring, ask.groups, pods, blocks, core)
