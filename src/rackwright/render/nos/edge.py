"""Edge rules: what a host port lets in. The isolation of planes on a shared fabric stands here.

A port of plane P forwards only packets from P's prefix to P's prefix and to the planes that P may reach;
all else is prohibited, and the sender is told so (ICMP).
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Design, Switch, SwitchPort
from rackwright.render import pods

ALLOW, PROHIBIT = 1000, 1100
"""Priorities: before the main table (32766), after the local one (0)."""


@dataclass(frozen=True, slots=True)
class EdgeRule:
    """``to`` None: the prohibition that ends the port's list (of its family)."""

    iif: str
    source: str | None
    to: str | None
    priority: int
    six: bool = False
    """IPv6."""


def edge_rules(switch: Switch, port: SwitchPort, design: Design) -> list[EdgeRule]:
    """Rules of one port; none on links between switches, bridged ports, appliances and ports in a VRF."""
    if port.use != "host" or port.plane is None or switch.tier != "leaf" or port.address is None or port.vrf:
        return []
    plane = design.plane(port.plane)
    reached = [plane, *(design.plane(other) for other in plane.may_reach)]
    rules = [EdgeRule(port.name, plane.prefix, other.prefix, ALLOW) for other in reached]
    inside = pods.prefix(design) if plane.name == pods.PLANE else None
    if inside is not None:
        rules += [EdgeRule(port.name, plane.prefix, inside, ALLOW)]
        rules += [EdgeRule(port.name, inside, other.prefix, ALLOW) for other in reached]
        rules += [EdgeRule(port.name, inside, inside, ALLOW)]
    rules.append(EdgeRule(port.name, None, None, PROHIBIT))
    if plane.prefix6 is not None:
        rules += [
            EdgeRule(port.name, plane.prefix6, far.prefix6, ALLOW, True) for far in reached if far.prefix6
        ]
        rules.append(EdgeRule(port.name, None, None, PROHIBIT, True))
    return rules
