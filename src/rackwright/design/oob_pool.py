"""Addresses of a routed out-of-band network: a subnet for each access switch, by position.

::

    64ths of the prefix  0-31 scalable units, 32-47 switches of the first fabric (leaf 4, spine 8, core 4),
                         48-51 of the second (2, 1, 1), 52-55 of the third, 56-59 services, 60-63 loopbacks
    in a subnet          1 the gateway, 2 + port what is plugged in, 2 + ports the depot (first one only),
                         the last eight newcomers
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.design.oob_layout import SERVICES, Kind
from rackwright.design.places import power_of_two
from rackwright.design.pools import Pool
from rackwright.models.design import Addr, Tier

_GATEWAY, _FIRST = 1, 2
NEWCOMERS = 8
"""Addresses at the end of each subnet that DHCP gives to whatever it does not know."""
_SMALLEST = 32
"""Addresses of a subnet at least: so that there is a loopback for each."""
_CORES = 2
_REGIONS: Mapping[Kind, tuple[int, int]] = {
    "unit": (0, 32),
    (0, "leaf"): (32, 4),
    (0, "spine"): (36, 8),
    (0, "core"): (44, 4),
    (1, "leaf"): (48, 2),
    (1, "spine"): (50, 1),
    (1, "core"): (51, 1),
    (2, "leaf"): (52, 2),
    (2, "spine"): (54, 1),
    (2, "core"): (55, 1),
    SERVICES: (56, 4),
}


@dataclass(frozen=True, slots=True)
class RoutedPool:
    """The management plane where each access switch has its subnet."""

    pool: Pool
    ports: int
    """Access ports of a switch."""

    @property
    def block(self) -> int:
        """Addresses of a subnet.

        >>> RoutedPool(Pool.of("10.112.0.0/15"), 48).block
        64
        """
        return max(_SMALLEST, power_of_two(self.ports + _FIRST + 2 + NEWCOMERS))

    @property
    def length(self) -> int:
        """Prefix length of a subnet."""
        return 33 - self.block.bit_length()

    def room(self, kind: Kind) -> int:
        """Access switches of a series that fit."""
        return self.pool.size * _REGIONS[kind][1] // 64 // self.block

    def number(self, kind: Kind, number: int) -> int:
        """Place of an access switch among all of them."""
        return self.pool.size * _REGIONS[kind][0] // 64 // self.block + number

    def gateway(self, switch: int) -> Addr:
        """Of the subnet of access switch ``switch`` (:meth:`number`)."""
        return self._in(switch, _GATEWAY)

    def port(self, switch: int, port: int) -> Addr:
        """Of what is plugged into a port, from 0."""
        return self._in(switch, _FIRST + port)

    def depot(self, switch: int) -> Addr:
        return self._in(switch, _FIRST + self.ports)

    def _in(self, switch: int, offset: int) -> Addr:
        return Addr(self.pool.base + switch * self.block + offset, self.length)

    def loopback(self, tier: Tier, position: int) -> Addr:
        """``position`` is :meth:`number` of an access switch (tier leaf), else the place in its tier."""
        sixty_fourth = self.pool.size // 64
        start = {"leaf": 60, "spine": 63}.get(tier, 64) * sixty_fourth
        return Addr(self.pool.base + start + position - (_CORES if tier == "core" else 0), 32)

    @property
    def spines(self) -> int:
        """Loopbacks for aggregation switches."""
        return self.pool.size // 64 - _CORES

    def subnet(self, switch: int) -> str:
        return self.gateway(switch).network
