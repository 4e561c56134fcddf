"""A lock and those that machines come to it from: a depot holds all, for a change and for the way back."""

from __future__ import annotations

from rackwright.locks.load import load_lock
from rackwright.locks.model import HostLock


def lineage(name: str) -> list[HostLock]:
    """Newest first, by ``previous``.

    >>> [lock.name for lock in lineage("h100-debian13")]
    ['h100-debian13', 'h100-debian13-570']

    :raises UsageError: there is no such lock.
    :raises BadInput: one of them does not hold.
    """
    locks = [load_lock(name)]
    while locks[-1].previous and locks[-1].previous not in [lock.name for lock in locks]:
        locks.append(load_lock(locks[-1].previous))
    return locks
