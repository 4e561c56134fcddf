"""Edge rules: what a host port lets in. The isolation of planes on a shared fabric stands here.

A port of plane P forwards only packets from P's prefix to P's prefix and to the planes that P may reach;
all else is prohibited, and the sender is told so (ICMP).
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Design, Switch, SwitchPort

ALLOW, PROHIBIT = 1000, 1100
"""Priorities: before the main table (32766), after the local one (0)."""


@dataclass(frozen=True, slots=True)
class EdgeRule:
    """``to`` None: the prohibition that ends the port's list."""

    iif: str
    source: str | None
    to: str | None
    priority: int


def edge_rules(switch: Switch, port: SwitchPort, design: Design) -> list[EdgeRule]:
    """Rules of one port; none on links between switches, bridged ports and appliances."""
    if port.use != "host" or port.plane is None or switch.tier != "leaf" or port.address is None:
        return []
    plane = design.plane(port.plane)
    reached = [plane, *(design.plane(other) for other in plane.may_reach)]
    rules = [EdgeRule(port.name, plane.prefix, other.prefix, ALLOW) for other in reached]
    return [*rules, EdgeRule(port.name, None, None, PROHIBIT)]
