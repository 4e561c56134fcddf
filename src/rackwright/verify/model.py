"""Verdicts and findings: what was judged, and what is to blame.

A *verdict* is one judged fact. A *finding* is one cause: it names a place and carries the verdicts that it
explains. An *element* is a part of the cluster by name, the currency of blame: ``gpu-su01-n01`` (a device),
``gpu-su01-n01:enp24s0np0`` (a port), ``gpu-su01-n01#software`` (a part of a device that no probe depends
on).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Outcome = Literal["pass", "fail", "not measured"]
Layer = Literal[
    "power",
    "reach",
    "cable",
    "bmc",
    "configuration",
    "port",
    "switch",
    "node",
    "session",
    "rail",
    "pair",
    "plane",
    "cluster",
    "kubernetes",
    "devices",
    "claim",
]

LAYERS: tuple[Layer, ...] = get_args(Layer)
"""Causal order: a fault in an earlier layer may explain failures in a later one, never the other way
round."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judged fact.

    >>> Verdict("mtu", "port", "leaf-01", "swp3", "fail", "1500", "9216", "ip -j link").place
    'leaf-01:swp3'
    """

    check: str
    """What was checked, e.g. ``neighbour``; unique together with layer, place and subject."""
    layer: Layer
    device: str
    port: str | None
    outcome: Outcome
    found: str
    """For *not measured*: why not."""
    expected: str
    source: str
    """The command, file or service that said so."""
    needs: tuple[str, ...] = ()
    """Elements that this fact depends on beside its own place: a fault in one of them explains a failure
    here."""
    blames: tuple[str, ...] = ()
    """Elements that are suspect when this fact is wrong; default: its place."""
    count: int = 1
    """How many equal measurements this verdict stands for (a rail's peers)."""
    due: bool = True
    """False: this cannot be measured here by its nature, so that a missing measurement is no failure."""

    @property
    def place(self) -> str:
        return f"{self.device}:{self.port}" if self.port else self.device

    @property
    def elements(self) -> frozenset[str]:
        """Everything whose fault would explain this verdict."""
        return frozenset((self.place, self.device, *self.needs))

    @property
    def suspects(self) -> frozenset[str]:
        return frozenset(self.blames or (self.place,))


@dataclass(slots=True)
class Finding:
    """One cause, with its effects."""

    cause: str
    """In words for people, e.g. ``miswired``, ``no link``, ``MTU``, ``does not answer``."""
    layer: Layer
    place: str
    found: str
    expected: str
    source: str
    outcome: Outcome = "fail"
    direct: list[Verdict] = field(default_factory=list)
    """Verdicts that are this fault itself."""
    explains: list[Verdict] = field(default_factory=list)
    """Further failures and missing measurements that follow from it."""
    blames: frozenset[str] = frozenset()

    @property
    def effects(self) -> int:
        return sum(verdict.count for verdict in self.explains)


@dataclass(frozen=True, slots=True)
class Result:
    """One run of verify."""

    cluster: str
    simulated: bool
    started: str
    """ISO 8601 UTC."""
    seconds: float
    rackwright: str
    """Version."""
    devices: Mapping[str, Mapping[str, Any]]
    """Per device: kind, answered, seconds, why not."""
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings

    def counts(self) -> dict[str, int]:
        """Measurements by outcome."""
        total = {"pass": 0, "fail": 0, "not measured": 0}
        for verdict in self.verdicts:
            total[verdict.outcome] += verdict.count
        return total


def verdict_as_dict(verdict: Verdict) -> dict[str, Any]:
    """As JSON, without what only the search for causes needs."""
    data = asdict(verdict)
    for key in ("needs", "blames"):
        data[key] = list(data[key])
    return {"place": verdict.place, **data}
