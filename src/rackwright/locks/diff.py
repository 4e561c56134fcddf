"""From one lock to another: which rows change, in which order, and what a running machine must go through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rackwright.locks.components import NEEDS, Component, Need
from rackwright.locks.model import HostLock, LockRow
from rackwright.locks.versions import Version

Step = Literal["added", "removed", "upgrade", "downgrade", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing before and after: a package's version, a row's flavour, a key of a lock. None: not there."""

    name: str
    before: str | None
    after: str | None

    @property
    def step(self) -> Step:
        """Which way it goes.

        >>> Change("libnccl2", "2.28.9-1", "2.26.2-1").step
        'downgrade'
        """
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        return "downgrade" if Version(self.after) < Version(self.before) else "upgrade"


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that is not the same in both locks."""

    name: str
    title: str
    step: Step
    version: Change
    need: Need
    because: str
    others: tuple[Change, ...]
    """Flavour and minimum, where they change."""
    packages: tuple[Change, ...]
    files: tuple[Change, ...]
    """Digest by path."""


@dataclass(frozen=True, slots=True)
class Diff:
    """What a change from one lock to another touches; rows in the order in which they are changed."""

    before: str
    after: str
    heads: tuple[Change, ...]
    """Distribution, image and GPUs, where they change: such a machine is installed anew."""
    rows: tuple[RowChange, ...]

    @property
    def need(self) -> Need:
        """The most that any row needs."""
        return max((row.need for row in self.rows), key=NEEDS.index, default="nothing")


def diff(before: HostLock, after: HostLock, components: Mapping[str, Component]) -> Diff:
    """Compare two locks that hold."""
    names = sorted({*before.rows, *after.rows}, key=lambda name: (components[name].order, name))
    rows = (_row(name, before.rows.get(name), after.rows.get(name), components[name]) for name in names)
    heads = _changes(_heads(before), _heads(after))
    return Diff(before.name, after.name, heads, tuple(row for row in rows if row is not None))


def _heads(lock: HostLock) -> dict[str, str]:
    return {"os": f"{lock.os.id} {lock.os.major}", "image": lock.image, "gpus": ", ".join(lock.gpus)}


def _row(name: str, before: LockRow | None, after: LockRow | None, component: Component) -> RowChange | None:
    packages = _changes(before.packages if before else {}, after.packages if after else {})
    files = _changes(_digests(before), _digests(after))
    others = _changes(_others(before), _others(after)) if before and after else ()
    version = Change(name, _version(before), _version(after))
    if not packages and not files and not others and (before and after) and version.before == version.after:
        return None
    step: Step = "changed"
    if before is None or after is None:
        step = "added" if before is None else "removed"
    elif version.before and version.after and version.before != version.after:
        step = version.step
    elif steps := {change.step for change in packages}:
        step = steps.pop() if len(steps) == 1 and steps <= {"upgrade", "downgrade"} else "changed"
    need = component.need(before, after)
    because = component.because if need != "nothing" or component.needs == "nothing" else "tools only"
    return RowChange(name, component.title, step, version, need, because, others, packages, files)


def _version(row: LockRow | None) -> str | None:
    return row.reports if row else None


def _others(row: LockRow) -> dict[str, str]:
    values = {"flavour": row.flavour, "minimum": row.minimum}
    return {key: value for key, value in values.items() if value is not None}


def _digests(row: LockRow | None) -> dict[str, str]:
    return {file.path: f"sha256:{file.sha256}" for file in row.files} if row else {}


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    names = sorted({*before, *after})
    every = (Change(name, before.get(name), after.get(name)) for name in names)
    return tuple(change for change in every if change.before != change.after)
