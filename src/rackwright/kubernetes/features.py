"""Features: which gates a minor release of Kubernetes has, and which are on by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from rackwright.load.rows import Source
from rackwright.locks.named import named
from rackwright.locks.versions import Version
from rackwright.models.kubernetes import Line
from rackwright.models.strict import Strict
from rackwright.paths import home

State = Literal["absent", "off", "on", "locked"]


class Feature(Strict):
    """One gate, by minor release."""

    since: Line
    default: Line | None = None
    """First release in which it is on; None: in none yet."""
    locked: Line | None = None
    gone: Line | None = None
    api: str | None = None
    """What the API server has to serve besides, where the gate is off by default."""
    source: Source

    def state(self, line: str) -> State:
        """How a release stands to the gate.

        >>> [features()["DRAPartitionableDevices"].state(line) for line in ("1.32", "1.35", "1.36")]
        ['absent', 'off', 'on']
        """
        here = Version(line)
        if here < Version(self.since) or (self.gone and here >= Version(self.gone)):
            return "absent"
        if self.locked and here >= Version(self.locked):
            return "locked"
        return "on" if self.default and here >= Version(self.default) else "off"


def features() -> Mapping[str, Feature]:
    """Every gate by name.

    :raises BadInput: the table is wrong.
    """
    return named(home() / "catalog" / "kubernetes-features.yaml", Feature)


def to_set(asked: Iterable[str], line: str) -> tuple[str, ...]:
    """Those of the gates that have to be switched on in a release: the others are on already."""
    known = features()
    return tuple(sorted({name for name in asked if known[name].state(line) == "off"}))


def served(asked: Iterable[str], line: str) -> tuple[str, ...]:
    """API versions that the API server has to serve for these gates."""
    known = features()
    return tuple(sorted({api for name in to_set(asked, line) if (api := known[name].api)}))
