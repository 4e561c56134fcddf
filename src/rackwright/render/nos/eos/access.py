"""Access lists: the edge rules where planes are kept apart by rules; a list for each plane's interfaces."""

from __future__ import annotations

from typing import Any

from rackwright.models.design import Design, PlaneDesign, Switch
from rackwright.models.spec import PlaneName
from rackwright.render.nos.edge import edge_rules

Json = dict[str, Any]
_NEIGHBOURS = ("router-solicitation", "neighbor-solicitation", "neighbor-advertisement")
"""Without them IPv6 finds no gateway (RFC 4861)."""


def _held(switch: Switch, design: Design) -> dict[PlaneName, list[str]]:
    """Interfaces by the plane that they carry."""
    found: dict[PlaneName, list[str]] = {}
    for port in switch.ports:
        if port.plane is not None and port.vrf is None and edge_rules(switch, port, design):
            found.setdefault(port.plane, []).append(port.name)
    return found


def access_groups(switch: Switch, design: Design) -> dict[str, Json]:
    """What to add to each interface."""
    found: dict[str, Json] = {}
    for name, ports in _held(switch, design).items():
        row: Json = {"access_group_in": f"EDGE-{name.upper()}"}
        if design.plane(name).prefix6:
            row["ipv6_access_group_in"] = f"EDGE6-{name.upper()}"
        found |= dict.fromkeys(ports, row)
    return found


def lists(frame: Json, switch: Switch, design: Design) -> None:
    """``ip_access_lists`` and ``ipv6_access_lists``."""
    for name in _held(switch, design):
        plane = design.plane(name)
        reached = [plane, *(design.plane(other) for other in plane.may_reach)]
        four = {"name": f"EDGE-{name.upper()}", "entries": _four(plane, reached)}
        frame.setdefault("ip_access_lists", []).append(four)
        if plane.prefix6:
            six = {"name": f"EDGE6-{name.upper()}", "entries": _six(plane, reached)}
            frame.setdefault("ipv6_access_lists", []).append(six)


def _four(plane: PlaneDesign, reached: list[PlaneDesign]) -> list[Json]:
    rules = [_rule("permit", "ip", plane.prefix, other.prefix) for other in reached]
    return _numbered([*rules, _rule("deny", "ip", "any", "any")])


def _six(plane: PlaneDesign, reached: list[PlaneDesign]) -> list[Json]:
    own = plane.prefix6 or "any"
    rules = [_rule("permit", "ipv6", own, other.prefix6) for other in reached if other.prefix6]
    rules += [{**_rule("permit", "icmpv6", "any", "any"), "icmp_type": kind} for kind in _NEIGHBOURS]
    return _numbered([*rules, _rule("deny", "ipv6", "any", "any")])


def _rule(action: str, protocol: str, source: str, destination: str) -> Json:
    return {"action": action, "protocol": protocol, "source": source, "destination": destination}


def _numbered(rules: list[Json]) -> list[Json]:
    return [{"sequence": 10 * (order + 1), **rule} for order, rule in enumerate(rules)]
