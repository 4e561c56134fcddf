"""Headroom: bytes that still arrive after a pause was asked for, by speed, cable and MTU.

The formula is the Linux driver's for ConnectX NICs (mlx5, commits 0696d608 and 5ec983e9). It is the more
generous of the two public ones: the table for Spectrum switches in sonic-mgmt (400G: 86,016 bytes at 5 m,
420,864 at 300 m; 100G: 53,248 and 137,216) lies below it at every length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

DRIVER_METRES = 7
"""Cable length that the mlx5 driver assumes until it is told."""
UNKNOWN_METRES = 100
"""Taken where a cable's far end stands nowhere; Cumulus assumes as much for every port."""
_CELL = 1024
_LEAST_GBPS = 40
"""The driver's formula does not go below 40G."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """One lossless priority group of one port, in bytes; every figure a whole number of 1 KiB cells."""

    xoff: int
    """Room for what is under way when the pause leaves."""
    xon: int
    """The sender may go on once this little is left."""

    @property
    def size(self) -> int:
        """The whole buffer."""
        return self.xon + self.xoff


def xoff_bytes(speed_gbps: int, metres: int, mtu: int) -> int:
    """The driver's formula, before rounding.

    >>> [xoff_bytes(400, metres, 9216) for metres in (5, 30, 100)]
    [149787, 171387, 231867]
    """
    speed = max(speed_gbps, _LEAST_GBPS)
    return (301 * speed) + 216 * metres * speed // 100 + 272 * mtu // 100


@lru_cache(maxsize=4096)
def headroom(speed_gbps: int, metres: int | None, mtu: int) -> Headroom:
    """What a port needs; ``metres`` None: the length is not known and taken as 100 m.

    >>> headroom(400, 30, 9216)
    Headroom(xoff=172032, xon=19456)
    """
    length = UNKNOWN_METRES if metres is None else metres
    return Headroom(_up(xoff_bytes(speed_gbps, length, mtu)), _up(2 * mtu + _CELL))


def least_bytes(speed_gbps: int, metres: int, mtu: int) -> int:
    """What physics asks for: the cable twice (5 ns a metre), a frame just begun at either end, and 5,120
    byte times of the receiver's own delay (IEEE 802.1Q, annex on PFC buffers). Less than this loses frames.

    >>> least_bytes(400, 30, 9216)
    38552
    """
    cable = 2 * metres * 5 * speed_gbps // 8
    return cable + 2 * mtu + 5120


def _up(value: int) -> int:
    return -(-value // _CELL) * _CELL
