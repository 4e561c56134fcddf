"""Limits: how many endpoints a folded Clos of one switch can carry without oversubscription."""

from __future__ import annotations


def endpoints(radix: int, tiers: int) -> int:
    """Non-blocking endpoints with switches of ``radix`` ports.

    >>> [endpoints(64, 2), endpoints(64, 3), endpoints(128, 2), endpoints(128, 3), endpoints(144, 3)]
    [2048, 65536, 8192, 524288, 746496]
    """
    return radix**2 // 2 if tiers == 2 else radix**3 // 4
