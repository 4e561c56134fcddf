"""Two tiers: how many spines, uplinks and parallel links join so many leaves.

The spine rule: every leaf has the same number of links to every spine, so the number of spines divides a
leaf's uplinks. That is why three full H100 units need 16 spines and not 12.

The wiring rule makes growth harmless. With L links between a leaf and a spine, link k to spine s leaves the
leaf at uplink ``k * (uplinks_max // L) + s`` and arrives at spine port ``k * (radix // L) + leaf``. As long
as L stays, new leaves and new spines only add; when L is halved because every port is in use, the cables
that remain keep both ends.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.clos.leaf import Leaf, Ratio
from rackwright.design.clos.misfit import DoesNotFit
from rackwright.models.tables import SwitchModel

_SPLIT_GBPS = 100
"""Slowest link between two split cages: below it the catalog has no cable or module that joins them, so an
outgrown fabric gets a third tier instead."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Leaves and spines that fit. All port counts are at the uplinks' speed."""

    spines: int
    links: int
    """Parallel links between a leaf and a spine."""
    split: int
    """Ways that uplink cages are split."""
    speed_gbps: int
    uplinks_max: int
    radix: int
    """Ports of a spine that face leaves."""

    @property
    def uplinks(self) -> int:
        """In use on each leaf."""
        return self.spines * self.links

    @property
    def leaves_max(self) -> int:
        return self.radix // self.links

    def leaf_port(self, spine: int, link: int) -> int:
        return link * (self.uplinks_max // self.links) + spine

    def spine_port(self, leaf: int, link: int) -> int:
        return link * self.leaves_max + leaf


def ways_of(
    model: SwitchModel, leaf: Leaf, links: int | None, uplink_split: int | None, even: bool = False
) -> list[int]:
    """Ways to split uplink cages, in the order to be tried. ``even``: links between switches run at the
    hosts' speed, as in the reference designs, whose cable columns are all alike."""
    if uplink_split:
        return [uplink_split]
    if model.kind == "infiniband" or (even and not model.uplinks):
        return [leaf.split]  # twin-port cages: every port runs at the hosts' speed
    if links:
        return [1]  # who pins the links would rather hear that they are outgrown than be re-cabled
    return [1, *model.splits]


def joinable(model: SwitchModel, way: int) -> bool:
    """Whether cables exist that join two cages split so."""
    return way == 1 or uplink_speed(model, way) >= _SPLIT_GBPS


def cages_up(model: SwitchModel) -> int:
    """Cages of a switch that does not serve hosts."""
    return model.uplinks or model.ports


def uplink_speed(model: SwitchModel, way: int) -> int:
    """Speed of a port between switches."""
    return (model.uplink_speed_gbps or model.speed_gbps if model.uplinks else model.speed_gbps) // way


def wire(
    model: SwitchModel,
    leaf: Leaf,
    leaves: int,
    ratio: Ratio,
    spines: int | None = None,
    links: int | None = None,
    uplink_split: int | None = None,
    even: bool = False,
) -> Wiring:
    """The wiring with the fewest spines (at least 2) that keeps the oversubscription.

    :raises DoesNotFit: with the key that would have to change.
    """
    failure: DoesNotFit | None = None
    for way in ways_of(model, leaf, links, uplink_split, even):
        if failure and failure.outgrown and not joinable(model, way):
            break
        try:
            return join(model, leaf, leaves, ratio, way, spines, links)
        except DoesNotFit as problem:
            failure = failure or problem
    raise failure or DoesNotFit("switch", model.name, "a switch with ports")


def join(
    model: SwitchModel,
    leaf: Leaf,
    leaves: int,
    ratio: Ratio,
    way: int,
    spines: int | None = None,
    links: int | None = None,
    radix: int | None = None,
) -> Wiring:
    """The same for one way to split cages; ``radix``: ports of a spine that face leaves, default all.

    :raises DoesNotFit: as above.
    """
    over, under = ratio
    cages = model.uplinks if model.uplinks else model.ports - leaf.cages
    speed, most = uplink_speed(model, way), max(0, cages) * way
    needed = max(1, -(-leaf.hosts * leaf.speed_gbps * under // (over * max(1, speed))))
    radix = cages_up(model) * way if radix is None else radix
    if leaf.cages > model.ports or needed > most:
        raise DoesNotFit(
            "switch",
            f"{model.name} with {leaf.hosts} host ports of {leaf.speed_gbps}G and {most} of {speed}G left",
            f"{needed} uplinks at {over}:{under}",
            "choose a larger switch, fewer servers on a leaf, or more oversubscription",
        )
    for count in [spines] if spines else range(2, most + 1):
        parallel = links or -(-needed // count)
        if needed <= count * parallel <= most and leaves <= radix // parallel:
            return Wiring(count, parallel, way, speed, most, radix)
    good = [
        count
        for count in range(2, most + 1)
        if count * -(-needed // count) <= most and leaves <= radix // -(-needed // count)
    ]
    if links and leaves <= radix and leaves > radix // links:
        raise DoesNotFit("spine_links", f"{links}", f"at most {radix // leaves} for {leaves} leaves")
    if (spines or links) and good:
        raise DoesNotFit(
            "spine_links" if links else "spines",
            f"{links} to each of {spines or 'the'} spines" if links else f"{spines}",
            f"a number that takes the {needed} uplinks of each of {leaves} leaves, the same from each",
            f"numbers of spines that do: {', '.join(map(str, good[:8]))}",
        )
    raise DoesNotFit(
        "switch",
        f"{model.name}: {leaves} leaves with {needed} uplinks each",
        f"at most {radix} leaves in two tiers",
        "use tiers: 3, a larger switch or more oversubscription",
        outgrown=True,
    )
