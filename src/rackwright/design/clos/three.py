"""Three tiers: pods of leaves and spines, and cores that join the pods.

All pods have the same shape, the part-filled ones too. Every spine has the same number of links to each core
that it reaches. A core group serves ``share`` neighbouring spine positions of every pod; with spine groups
for each rail, position j of every rail meets in the same core group, so that rails are joined in the core.

Ports follow the wiring rule of two tiers: with L links between a spine and a core, link k to core j of the
group leaves the spine at up-port ``k * (up_max // L) + j`` and arrives at core port ``k * (radix // L) +
seat``, where the seat counts pods first.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.clos.misfit import DoesNotFit


@dataclass(frozen=True, slots=True)
class Core:
    """The upper tier. Port counts are at the speed of the links between switches."""

    positions: int
    """Spine positions in a spine group of a pod."""
    joined: int
    """Spine groups of a pod that meet in a core group (rails)."""
    share: int
    """Neighbouring spine positions that share a core group."""
    cores: int
    """In each core group."""
    room: int
    """Core numbers kept for each core group, so that cores of a pinned fabric can be added."""
    links: int
    """Parallel links between a spine and each of its cores."""
    first: int
    """The spine's first port that faces cores."""
    up_max: int
    radix: int

    @property
    def count(self) -> int:
        """Core switches."""
        return self.positions // self.share * self.cores

    @property
    def up(self) -> int:
        """Links of each spine to cores."""
        return self.cores * self.links

    @property
    def pods_max(self) -> int:
        return self.radix // self.links // (self.joined * self.share)

    def number(self, position: int, core: int) -> int:
        """Number of the core-th core that a spine position reaches; has holes where ``room`` is not used."""
        return position // self.share * self.room + core

    def spine_port(self, core: int, link: int) -> int:
        return self.first + link * (self.up_max // self.links) + core

    def core_port(self, pod: int, group: int, position: int, link: int) -> int:
        """``pod`` and ``group`` from 0."""
        seat = (pod * self.joined + group) * self.share + position % self.share
        return link * (self.radix // self.links) + seat


def divisors(number: int) -> list[int]:
    """
    >>> divisors(12)
    [1, 2, 3, 4, 6, 12]
    """
    return [factor for factor in range(1, number + 1) if number % factor == 0]


def meet(
    positions: int,
    joined: int,
    pods: int,
    needed: int,
    first: int,
    up_max: int,
    radix: int,
    cores: int | None = None,
    links: int | None = None,
    even: int | None = None,
) -> Core:
    """The upper tier with the fewest cores (at least 2) that gives every spine ``needed`` links up, in equal
    shares.

    Who pins the links means to grow: each spine position then has cores of its own, and outgrowing them is
    an error. Cores can then be added up to ``even`` links from each spine (1:1; default: as many as there are
    ports).

    :raises DoesNotFit: when the pods are more than a core's ports.
    """
    found: list[tuple[tuple[int, int, int], Core]] = []
    for share in [1] if links else divisors(positions):
        for parallel in [links] if links else range(1, needed + 1):
            reached = -(-needed // parallel)
            if cores:
                reached = max(reached, cores * share // positions)
            room = reached
            if links:
                room = min(up_max // parallel, -(-max(needed, even or up_max) // parallel))
            made = Core(positions, joined, share, reached, room, parallel, first, up_max, radix)
            if made.up > up_max or made.pods_max < pods or made.count < (cores or 2) or reached > room:
                continue
            if cores and made.count != cores:
                continue
            found.append(((made.up - needed, made.count, share), made))
    if not found:
        raise _why(positions, joined, pods, needed, up_max, radix, cores, links)
    return min(found, key=lambda pair: pair[0])[1]


def _why(
    positions: int,
    joined: int,
    pods: int,
    needed: int,
    up_max: int,
    radix: int,
    cores: int | None,
    links: int | None,
) -> DoesNotFit:
    seats = pods * joined
    if cores:
        try:
            free = meet(positions, joined, pods, needed, 0, up_max, radix, None, links)
        except DoesNotFit as problem:
            return problem
        return DoesNotFit(
            "cores",
            f"{cores}",
            f"a number that takes the {needed} uplinks of each of {positions} spines of a pod, the same "
            "from each",
            f"{free.count} is the smallest that does",
        )
    if links and seats <= radix and -(-needed // links) * links <= up_max:
        return DoesNotFit("core_links", f"{links}", f"at most {radix // seats} for {seats} spine groups")
    if links and seats <= radix:
        return DoesNotFit("core_links", f"{links}", f"a divisor of the {needed} uplinks of a spine")
    found, what = (f"{pods} pods", "pods")
    if joined > 1:
        found, what = f"{found} of {joined} spine groups, {seats} in all", "spine groups"
    return DoesNotFit(
        "switch",
        found,
        f"at most {radix} {what} in three tiers",
        "use a larger switch, larger pods (pod_units), another uplink_split or more oversubscription",
        outgrown=True,
    )
