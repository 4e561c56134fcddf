"""How a roll ended, as data: who is done, who failed where and is left how, who was not touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from rackwright.roll.journal import Entry

INTERRUPTED = 130

NEXT = {
    "reach": "nothing was done to it; look at its console and its BMC",
    "drain": "its software was not changed; see why the drain command failed",
    "roles": "correct what the role says",
    "gate": "it has the new software and is not well; `rackwright verify` says more",
    "return": "it has the new software and is well; only the return command failed",
    "cut": "its state is not known",
    "look": "it had been returned; take it out of service if jobs must not reach it",
}
"""What to do about a host that failed at a step."""


class Ended(StrEnum):
    """How."""

    CHECKED = "checked"
    COMPLETE = "complete"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One invocation."""

    cluster: str
    ended: Ended
    hosts: Mapping[str, Entry]
    batches: tuple[tuple[str, ...], ...]
    untouched: tuple[str, ...]
    """Planned, and not begun."""
    failures: int
    """In this invocation."""

    def names(self, phase: str) -> list[str]:
        """Hosts by what is known of them."""
        return sorted(name for name, entry in self.hosts.items() if entry.phase == phase)

    @property
    def exit_code(self) -> int:
        """0: all are at the lock. 1: a check found something to do. 3: a host failed. 130: interrupted."""
        if self.ended is Ended.CHECKED:
            return 1 if self.untouched else 0
        if self.ended is Ended.INTERRUPTED:
            return INTERRUPTED
        return 3 if self.names("failed") else 0

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "cluster": self.cluster,
            "ended": str(self.ended),
            "exit_code": self.exit_code,
            "batches": [list(batch) for batch in self.batches],
            "hosts": {name: _as_dict(entry) for name, entry in sorted(self.hosts.items())},
            "untouched": list(self.untouched),
            "failures": self.failures,
        }


def _as_dict(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | ({"next": NEXT[entry.step]} if entry.phase == "failed" else {})
