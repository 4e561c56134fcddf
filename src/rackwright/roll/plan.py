"""Which hosts are changed together, and in which order. Pure.

The first batches are small, because a change that breaks one host breaks all: one host, then 5 %, then 20 %
of the fleet at a time (a share is rounded down, and is at least one). The last size repeats to the end.

A batch is spread: each next host comes from where the batch has taken the smallest share so far, and neither
a whole scalable unit nor a whole rack (of two hosts or more) is taken in one batch as long as another host
can be had. Who needs a rack whole (an NVLink domain) or a unit whole then loses as little as the sizes allow.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rackwright.errors import UsageError

SIZES = "1,5%,20%"
"""Batch sizes where none are given."""
_SIZE = re.compile(r"([1-9]\d*)(%?)")


@dataclass(frozen=True, slots=True)
class Host:
    """A server, and what fails with it."""

    name: str
    unit: str
    rack: str


@dataclass(frozen=True, slots=True)
class Size:
    """Hosts in a batch: a number, or a share of the fleet.

    >>> Size(20, share=True).of(12), Size(5, share=True).of(12)
    (2, 1)
    """

    number: int
    share: bool = False

    def of(self, fleet: int) -> int:
        """In hosts; never more than was asked for, and at least one."""
        return max(1, fleet * self.number // 100) if self.share else self.number


def sizes(text: str) -> tuple[Size, ...]:
    """
    >>> sizes("1,5%,20%")[1]
    Size(number=5, share=True)

    :raises UsageError: it is no list of numbers and shares.
    """
    found = []
    for word in text.split(","):
        match = _SIZE.fullmatch(word.strip())
        if match is None or (match[2] and int(match[1]) > 100):
            raise UsageError(
                f"batches {text!r}: found {word.strip()!r}, "
                f"expected numbers of hosts and shares, such as {SIZES}"
            )
        found.append(Size(int(match[1]), bool(match[2])))
    return tuple(found)


def batches(hosts: Iterable[Host], fleet: int, wanted: Sequence[Size]) -> tuple[tuple[str, ...], ...]:
    """Names, batch by batch; every host once. The same for the same hosts in any order.

    :param fleet: what a share is a share of: all hosts of the roll, done or not.
    """
    members = sorted(hosts, key=lambda host: host.name)
    whole = _Count(members)
    left: list[Host] = members
    found: list[tuple[str, ...]] = []
    while left:
        size = wanted[min(len(found), len(wanted) - 1)].of(fleet)
        batch = _spread(left, min(size, len(left)), whole)
        found.append(tuple(host.name for host in batch))
        taken = set(batch)
        left = [host for host in left if host not in taken]
    return tuple(found)


class _Count:
    """Hosts by unit and by rack."""

    def __init__(self, hosts: Iterable[Host]) -> None:
        self.units: Counter[str] = Counter()
        self.racks: Counter[str] = Counter()
        for host in hosts:
            self.add(host)

    def add(self, host: Host) -> None:
        self.units[host.unit] += 1
        self.racks[host.rack] += 1


Cost = tuple[bool, bool, float, float, float, str]


def _spread(left: Sequence[Host], size: int, whole: _Count) -> list[Host]:
    """The next batch: ``size`` times the host that takes the least from where it stands."""
    taken, waiting = _Count(()), _Count(left)
    pools: dict[str, list[Host]] = {}
    for host in left:
        pools.setdefault(host.unit, []).append(host)

    def cost(host: Host) -> Cost:
        unit, rack = taken.units[host.unit] + 1, taken.racks[host.rack] + 1
        units, racks = whole.units[host.unit], whole.racks[host.rack]
        # A host that is alone in its rack takes nothing else along.
        ends = unit == units > 1, rack == racks > 1
        return (*ends, unit / units, rack / racks, -waiting.racks[host.rack] / racks, host.name)

    def best(unit: str) -> tuple[Cost, Host]:
        return min(((cost(host), host) for host in pools[unit]), key=lambda each: each[0])

    # Another unit's pick changes nothing here, so that each unit's best is kept until it is taken.
    bests = {unit: best(unit) for unit in pools}
    batch = []
    for _ in range(size):
        unit = min(bests, key=lambda name: bests[name][0])
        host = bests.pop(unit)[1]
        pools[unit].remove(host)
        batch.append(host)
        taken.add(host)
        if pools[unit]:
            bests[unit] = best(unit)
    return batch
