"""The life of a resource in plain Python, away from any engine.

A handler looks at the world (``read``), says what would change (``diff``, pure) and acts (``apply``,
``delete``). The Pulumi provider plugin and the in-process engine both drive these same four functions.

Rules:

- ``apply`` finds or creates by natural key: a run that was killed in the middle is simply run again.
- ``read`` reports what the world holds *now*, in the shape of the inputs, so that a refresh finds drift.
- inputs and outputs are JSON values; a secret is never among them, only a reference to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Props = Mapping[str, Any]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Observed:
    """What the world holds: ``inputs`` as they would have to be declared to get it, ``outputs`` as found."""

    id: str
    inputs: Props
    outputs: Props


@dataclass(frozen=True, slots=True)
class Change:
    """One property that would change."""

    old: Any
    new: Any
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Diff:
    """Empty ``changes`` is a no-op; ``why`` says so in words either way."""

    changes: Mapping[str, Change] = field(default_factory=dict)
    why: str = "no difference"

    @property
    def replace(self) -> bool:
        return any(change.replace for change in self.changes.values())


class Handler(Protocol):
    """One noun of the world. ``type`` is the Pulumi type token, e.g. ``rackwright:fabric:Switch``."""

    type: str

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        """Problems with the inputs as (property, reason); empty when they are fine. Pure."""
        ...

    def diff(self, old: Props, new: Props) -> Diff:
        """Declared inputs against the last known ones (after a refresh: against the observed ones). Pure."""
        ...

    async def read(self, id: str, inputs: Props) -> Observed | None:
        """Look at the world; None when the thing is gone."""
        ...

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        """Make it so, and read it back. ``old`` is the last known state, None when nothing was recorded.

        :raises WorldRefused: with host, step, answer and what to do next.
        """
        ...

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        """Take it away; fine when it is gone already."""
        ...


def property_diff(old: Props, new: Props, replace: frozenset[str] = frozenset()) -> Diff:
    """Difference property by property; those in ``replace`` cannot be changed in place."""
    changes = {
        key: Change(old.get(key), new.get(key), replace=key in replace)
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    }
    return Diff(changes, "differs: " + ", ".join(changes) if changes else "no difference")
