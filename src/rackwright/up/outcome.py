"""How a command that works on all stacks ended, as data."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from rackwright.engine.events import Summary
from rackwright.up.roles import RoleRun

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Ran:
    """One operation on one stack."""

    step: str
    shard: str
    operation: str
    summary: Summary
    seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be done. ``after`` is what else failed only because of it."""

    place: str
    reason: str
    after: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """All stacks of one command."""

    cluster: str
    operation: str
    engine: str
    why: str
    """Why this engine."""
    ran: list[Ran] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    """Steps that were not begun."""
    interrupted: bool = False
    seconds: float = 0.0
    roles: list[RoleRun] = field(default_factory=list)
    """What the roles did meanwhile."""
    left_out: str = ""
    """Why Kubernetes is not there; empty: nothing was left out."""

    @property
    def counts(self) -> dict[str, int]:
        """Resources by act, over the operation's own runs (a refresh before it is not counted)."""
        total: dict[str, int] = {}
        for run in self.ran:
            if run.operation == self.operation:
                for act, number in run.summary.counts.items():
                    total[act] = total.get(act, 0) + number
        return total

    @property
    def changes(self) -> int:
        return sum(number for act, number in self.counts.items() if act != "same")

    @property
    def exit_code(self) -> int:
        """The gravest of all: interrupted, then the world, then bad input, then differences."""
        if self.interrupted:
            return INTERRUPTED
        codes = {run.summary.exit_code for run in self.ran}
        return next((code for code in (3, 2, 1) if code in codes), 0 if codes <= {0} else 3)

    def failures(self) -> list[Failure]:
        """One for each thing that is wrong, the first that was met; what follows is named under it."""
        found: dict[str, list[str]] = {}
        reasons: dict[str, str] = {}
        for run in self.ran:
            for name, reason in _failed(run.summary):
                for place, why in _places(name, reason):
                    if place not in reasons:
                        reasons[place] = why
                        found[place] = []
                    elif name != place and (what := f"{run.step} {name}") not in found[place]:
                        found[place].append(what)
        return [Failure(place, reasons[place], tuple(found[place])) for place in reasons]

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "cluster": self.cluster,
            "operation": self.operation,
            "engine": self.engine,
            "why": self.why,
            "exit_code": self.exit_code,
            "counts": self.counts,
            "failures": [
                {"place": each.place, "reason": each.reason, "after": list(each.after)}
                for each in self.failures()
            ],
            "remaining": self.remaining,
            "left_out": self.left_out,
            "roles": [asdict(run) for run in self.roles],
            "seconds": round(self.seconds, 1),
            "stacks": [
                {
                    "step": run.step,
                    "shard": run.shard,
                    "operation": run.operation,
                    "seconds": round(run.seconds, 1),
                }
                | {"counts": dict(run.summary.counts), "exit_code": run.summary.exit_code}
                for run in self.ran
            ],
        }


def _failed(summary: Summary) -> list[tuple[str, str]]:
    """(resource, reason) of each failure; the stack itself when it did not even begin."""
    rows = [(row["urn"].rsplit("::", 1)[-1], row["reason"]) for row in summary.failed]
    if not rows and summary.exit_code not in (0, 1, INTERRUPTED):
        rows = [(f"stack {summary.stack}", summary.message or f"ended with {summary.exit_code}")]
    return rows


_HOST = re.compile(r"(?:^|; )([a-z][a-z0-9-]*): ")


def _places(name: str, reason: str) -> list[tuple[str, str]]:
    """The devices that a failure is about. A playbook's reason lists its hosts, each with its own."""
    if ": roles: " in reason:
        rest = reason.partition(": roles: ")[2]
        hosts = _HOST.findall(rest)
        parts = _HOST.split(rest)
        return [(host, parts[2 * i + 2].strip()) for i, host in enumerate(hosts)]
    place = name.removeprefix("mount-")
    head, _, tail = reason.partition(": ")
    return [(place, tail if head.partition(" ")[0] == place and tail else reason)]
