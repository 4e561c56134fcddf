"""What a rule finds in a lock, and what it looks up beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.load.secrecy import Path
from rackwright.locks.components import Component
from rackwright.locks.model import LockRow


@dataclass(frozen=True, slots=True)
class Breach:
    """What breaks a rule: key path, found (None: as written there), expected."""

    path: Path
    expected: str
    found: str | None = None
    at_key: bool = False
    lacks: str | None = None
    """The row that is not there: the place is where the lock took it away, if it did."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look up beside the lock."""

    components: Mapping[str, Component]
    vendors: Mapping[str, str]
    """GPU vendor by row of ``catalog/gpus.yaml``."""


def at(name: str, key: str, row: LockRow, expected: str) -> Breach:
    """A breach at the row's key, or at the row where the key is not written."""
    if getattr(row, key) is not None:
        return Breach(("rows", name, key), expected)
    return Breach(("rows", name), f"{key} {expected}", "nothing", at_key=True)
