"""Ways: how far apart two leaves are, what lies between them, and how a leaf refuses what may not pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.models.design import Design, Switch

PROHIBITED = frozenset({"prohibited"})
"""FRR's edge rules: the leaf says so (ICMP)."""
NO_ROUTE = frozenset({"unreachable"})
"""A VRF has no route to other planes, and its leaf says so."""
DROPPED = frozenset({"prohibited", "unreachable", "silence"})
"""A switch chip that filters says nothing: weaker, since a leak whose answer is lost looks the same."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The switches above each leaf."""

    fabric: Mapping[str, str]
    """By switch."""
    spines: Mapping[str, frozenset[str]]
    """Switches above a switch, by its name."""
    ends: Mapping[str, tuple[str, ...]]
    """Elements of a switch's cables upwards, by its name."""
    lanes: Mapping[str, int]
    """Parallel plane of the fabric, by switch; 0 where there is one."""
    vrf: frozenset[str]
    """Fabrics that keep planes apart by VRF."""
    filtered: frozenset[str]
    """Fabrics whose switches drop silently."""

    @classmethod
    def of(cls, design: Design) -> Ways:
        above: dict[str, set[str]] = {}
        ends: dict[str, list[str]] = {}
        for cable in design.cables:
            if cable.kind in ("leaf-spine", "spine-core"):
                above.setdefault(cable.z.device, set()).add(cable.a.device)
                ends.setdefault(cable.z.device, []).extend(
                    (f"{cable.a.device}:{cable.a.port}", f"{cable.z.device}:{cable.z.port}", cable.a.device)
                )
        parallel = {fabric.name for fabric in design.fabrics if fabric.parallel > 1}
        return cls(
            {switch.name: switch.fabric for switch in design.switches},
            {name: frozenset(found) for name, found in above.items()},
            {name: tuple(found) for name, found in ends.items()},
            {switch.name: _lane(switch, parallel) for switch in design.switches},
            frozenset(fabric.name for fabric in design.fabrics if fabric.isolation == "vrf"),
            frozenset(fabric.name for fabric in design.fabrics if fabric.nos != "frr"),
        )

    def routers(self, a: str, b: str) -> int | None:
        """Routers that decrease the TTL between hosts of two leaves; None: no way. Under EVPN those between
        the leaves only see the outer packet."""
        if a == b:
            return 1
        over = self._common(a, b)
        if over is None:
            return None
        return 2 if self.isolated(a) else 3 if over <= self.spines.get(a, frozenset()) else 5

    def between(self, a: str, b: str) -> list[str]:
        """Elements between two leaves: their uplinks and, where the way leads over the core, the cores."""
        found = [*self.ends.get(a, ()), *self.ends.get(b, ())]
        over = self._common(a, b)
        if over is not None and not over <= self.spines.get(a, frozenset()):
            found += sorted(over)
        return found

    def isolated(self, leaf: str) -> bool:
        return self.fabric.get(leaf) in self.vrf

    def lane(self, leaf: str) -> int:
        return self.lanes.get(leaf, 0)

    def refusal(self, leaf: str) -> frozenset[str]:
        """Answers that prove that a leaf lets nothing through."""
        if self.isolated(leaf):
            return NO_ROUTE
        return DROPPED if self.fabric.get(leaf) in self.filtered else PROHIBITED

    def _common(self, a: str, b: str) -> frozenset[str] | None:
        """The switches over which two leaves meet: spines, else cores."""
        near, far = self.spines.get(a, frozenset()), self.spines.get(b, frozenset())
        if near & far:
            return near & far
        roofs = [
            frozenset[str]().union(*(self.spines.get(s, frozenset()) for s in side)) for side in (near, far)
        ]
        return (roofs[0] & roofs[1]) or None


def _lane(switch: Switch, parallel: set[str]) -> int:
    return switch.lane if switch.fabric in parallel else 0
