"""Sizing: how many spines, uplinks and parallel links a two-tier fabric needs. Plain numbers in, plain
numbers out.

The spine rule: every leaf has the same number of links to every spine, so the number of spines divides a
leaf's uplinks. That is why three full H100 units need 16 spines and not 12.

The wiring rule makes growth harmless. With L links between a leaf and a spine, link k to spine s leaves the
leaf at uplink ``k * (uplinks_max // L) + s`` and arrives at spine port ``k * (radix // L) + leaf``. As long
as L stays, new leaves and new spines only add; when L is halved because every port is in use, the cables
that remain keep both ends.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.tables import SwitchModel


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a full leaf looks like towards its hosts."""

    split: int
    speed_gbps: int
    """Of a host port."""
    hosts: int
    cages: int
    """Cages that the hosts take."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """A two-tier fabric that fits. All port counts are at the uplinks' speed."""

    spines: int
    links: int
    """Parallel links between a leaf and a spine."""
    split: int
    """Ways that uplink cages are split."""
    speed_gbps: int
    uplinks_max: int
    radix: int
    """Ports of a spine."""

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


class DoesNotFit(Exception):
    """No wiring: ``found`` and ``expected`` in words."""

    def __init__(self, key: str, found: str, expected: str, hint: str = "") -> None:
        super().__init__(f"{found}, expected {expected}")
        self.key, self.found, self.expected, self.hint = key, found, expected, hint


def host_split(model: SwitchModel, nic_gbps: int) -> tuple[int, int]:
    """(ways to split a host cage, speed of a host port): as many ports as still run at the NIC's speed."""
    fits = [ways for ways in (1, *model.splits) if model.speed_gbps // ways >= nic_gbps]
    split = max(fits, default=1)
    return split, min(nic_gbps, model.speed_gbps // split)


def leaf_for(model: SwitchModel, nic_gbps: int, hosts: int | None, ratio: tuple[int, int]) -> Leaf:
    """A leaf for so many hosts; None: as many as keep the oversubscription with the rest as uplinks."""
    split, speed = host_split(model, nic_gbps)
    if hosts is None:
        if model.uplinks:
            hosts = model.ports * split
        else:
            over, under = ratio
            cages = model.ports * over * model.speed_gbps // (split * speed * under + over * model.speed_gbps)
            hosts = cages * split
    return Leaf(split, speed, hosts, -(-hosts // split))


def wire(
    model: SwitchModel,
    leaf: Leaf,
    leaves: int,
    ratio: tuple[int, int],
    spines: int | None = None,
    links: int | None = None,
) -> Wiring:
    """The wiring with the fewest spines (at least 2) that keeps the oversubscription.

    :raises DoesNotFit: with the key that would have to change.
    """
    ways = [1, *model.splits]
    if model.kind == "infiniband":
        ways = [leaf.split]  # twin-port cages: every port runs at the hosts' speed
    elif links:
        ways = [1]  # who pins the links would rather hear that they are outgrown than be re-cabled
    failure: DoesNotFit | None = None
    for way in ways:
        try:
            return _wire(model, leaf, leaves, ratio, way, spines, links)
        except DoesNotFit as problem:
            failure = failure or problem
    raise failure or DoesNotFit("switch", model.name, "a switch with ports")


def _wire(
    model: SwitchModel,
    leaf: Leaf,
    leaves: int,
    ratio: tuple[int, int],
    way: int,
    spines: int | None,
    links: int | None,
) -> Wiring:
    over, under = ratio
    cage_speed = model.uplink_speed_gbps if model.uplinks and model.uplink_speed_gbps else model.speed_gbps
    cages = model.uplinks if model.uplinks else model.ports - leaf.cages
    speed, most = cage_speed // way, max(0, cages) * way
    needed = max(1, -(-leaf.hosts * leaf.speed_gbps * under // (over * max(1, speed))))
    radix = (model.uplinks or model.ports) * way
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
    if spines and good:
        raise DoesNotFit(
            "spine_links" if links else "spines",
            f"{links} to each of {spines} spines" if links else f"{spines}",
            f"a number that takes the {needed} uplinks of each of {leaves} leaves, the same from each",
            f"numbers of spines that do: {', '.join(map(str, good[:8]))}",
        )
    raise DoesNotFit(
        "switch",
        f"{model.name}: {leaves} leaves with {needed} uplinks each",
        f"at most {radix} leaves in two tiers",
        "three tiers are not designed yet; use a larger switch or more oversubscription",
    )


def ratio_of(text: str) -> tuple[int, int]:
    """``"3:1"`` to (3, 1)."""
    over, _, under = text.partition(":")
    return int(over), int(under)
