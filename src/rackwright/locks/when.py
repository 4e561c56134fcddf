"""Which locks a rule is about: those with certain rows, flavours, GPUs or distributions."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from rackwright.locks.model import HostLock
from rackwright.locks.versions import Version
from rackwright.models.spec import Strict


class When(Strict):
    """Which locks a rule is about."""

    rows: Mapping[str, str | None] = Field(default_factory=dict)
    """Rows that the lock has, each at least of this version where one is given."""
    flavours: Mapping[str, str] = Field(default_factory=dict)
    """Flavour by row."""
    gpus: tuple[str, ...] = Field(default=(), strict=False)
    """GPUs, one of which the lock is for."""
    os: tuple[str, ...] = Field(default=(), strict=False)
    """Distributions with their major version, e.g. ``debian-13``."""

    def holds(self, lock: HostLock) -> bool:
        """Whether the lock is such a one."""
        if self.gpus and not set(self.gpus) & set(lock.gpus):
            return False
        if self.os and f"{lock.os.id}-{lock.os.major}" not in self.os:
            return False
        if any(name not in lock.rows or lock.rows[name].flavour != f for name, f in self.flavours.items()):
            return False
        return all(_has(lock, name, least) for name, least in self.rows.items())


def _has(lock: HostLock, name: str, least: str | None) -> bool:
    if name not in lock.rows:
        return False
    known = lock.rows[name].reports or lock.rows[name].minimum
    return least is None or (known is not None and Version(known) >= Version(least))
