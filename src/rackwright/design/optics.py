"""Optics: which cable, or which transceivers and fibre, join two cages over a length.

The cheapest kind that does the job: passive copper, then active optical, then transceivers of the shortest
reach that is long enough. A breakout cable has one end in a split cage and its legs in whole ones; where both
ends are split (twin-port switches, a DGX's twin-port cages), the links of a cage part ways, so only
transceivers do. A medium is usable when both cages have a module for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rackwright.models.tables import CableModel, FibreModel, ModuleModel, Tables

Protocol = Literal["ethernet", "infiniband"]


@dataclass(frozen=True, slots=True)
class Plug:
    """A cage as a cable sees it."""

    cage: str
    """Form factor, as in the catalog; empty: not known."""
    ways: int = 1
    """Links that the cage carries when it is full."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What joins two cages. Either ``cable``, or two modules and ``fibre``."""

    part: str
    """Name of the link's part: the cable's, or that of the module at the a end."""
    reach_m: int
    cable: CableModel | None = None
    a: ModuleModel | None = None
    z: ModuleModel | None = None
    fibre: FibreModel | None = None

    @property
    def fibres(self) -> int:
        """Fibre cables of a link (800G over two 400G halves: 2). A splitter counts for several links."""
        return 1 if self.a is None else max(1, self.a.fibres // self.a.links)


_ORDER = {"copper": 0, "dac": 0, "aoc": 1}


def stock(lengths: tuple[int, ...], metres: int) -> int:
    """The shortest length on sale that is long enough; the length itself where it is made to measure.

    >>> stock((1, 3, 5), 2), stock((), 17), stock((1, 3), 4)
    (3, 17, 4)
    """
    return next((length for length in lengths if length >= metres), metres)


def named(part: str, metres: int) -> str:
    """The order number of a part that is sold by length.

    >>> named("MFA1A00-C{m:03}", 5), named("CAT6A", 5)
    ('MFA1A00-C005', 'CAT6A')
    """
    return part.format(m=metres) if "{" in part else part


class Drawer:
    """Chooses parts, and remembers what it chose for a speed, a length and two cages."""

    def __init__(self, tables: Tables) -> None:
        self._cables = sorted(tables.cables, key=lambda row: (_ORDER[row.kind], row.max_length_m, row.part))
        self._modules = sorted(tables.modules, key=lambda row: (row.max_length_m, row.part))
        self._fibres = sorted(tables.fibres, key=lambda row: (row.ways, row.max_length_m, row.part))
        self._chosen: dict[tuple[int, int, Plug, Plug, Protocol], Choice | None] = {}

    def choose(self, speed: int, metres: int, a: Plug, z: Plug, protocol: Protocol) -> Choice | None:
        """None: the catalog has nothing of this speed that is long enough and fits both cages."""
        key = speed, metres, a, z, protocol
        if key not in self._chosen:
            self._chosen[key] = self._direct(*key) or self._optical(*key)
        return self._chosen[key]

    def _direct(self, speed: int, metres: int, a: Plug, z: Plug, protocol: Protocol) -> Choice | None:
        if z.ways > 1:
            return None
        for row in self._cables:
            ends = row.ends
            straight = a.cage in ends[0] and z.cage in ends[1]
            turned = row.ways == 1 and a.cage in ends[1] and z.cage in ends[0]
            fits = row.speed_gbps == speed and row.max_length_m >= metres and protocol in row.protocols
            if fits and row.ways == a.ways and (straight or turned):
                return Choice(named(row.part, stock(row.lengths_m, metres)), row.max_length_m, row)
        return None

    def _optical(self, speed: int, metres: int, a: Plug, z: Plug, protocol: Protocol) -> Choice | None:
        near = [row for row in self._modules if self._plugs(row, speed, a, protocol)]
        far = [row for row in self._modules if self._plugs(row, speed, z, protocol)]
        for own in near:
            for other in far:
                reach = min(own.max_length_m, other.max_length_m)
                if own.medium != other.medium or reach < metres:
                    continue
                splits = [row.links // row.fibres for row in (own, other)]
                if min(splits) > 1:  # a splitter has its legs at one end only
                    continue
                split = max(splits)
                for fibre in self._fibres:
                    long_enough = min(reach, fibre.max_length_m) >= metres
                    if own.medium in fibre.media and fibre.ways == max(1, split) and long_enough:
                        reach = min(reach, fibre.max_length_m)
                        return Choice(own.part, reach, None, own, other, fibre)
        return None

    @staticmethod
    def _plugs(row: ModuleModel, speed: int, plug: Plug, protocol: Protocol) -> bool:
        """Whether a module fits the cage and gives it as many links of the speed as it is split into."""
        fits = plug.cage in row.cages and protocol in row.protocols
        return fits and row.speed_gbps == speed and row.links == plug.ways
