"""ACLs: the edge rules where planes are kept apart by rules. What a host port lets in, and nothing else.

A table for each set of planes that a port carries: one plane, or several where ports are shared.
"""

from __future__ import annotations

from rackwright.models.design import Design, PlaneDesign, Switch
from rackwright.models.spec import PlaneName
from rackwright.render.nos.edge import edge_rules
from rackwright.render.nos.sonic.tables import Db, Row, Table

_FIRST = 9990
"""SONiC's ACL rules: the larger priority wins, 9999 is the most."""
_ICMPV6, _NEIGHBOURS = "58", (133, 135, 136)
"""Router solicitation and neighbour discovery: without them IPv6 finds no gateway (RFC 4861)."""


def acl(db: Db, switch: Switch, design: Design) -> None:
    """ACL_TABLE and ACL_RULE; none where host ports are in VRFs."""
    carried: dict[str, list[PlaneName]] = {}
    for port in switch.ports:
        if port.plane is not None and port.vrf is None and edge_rules(switch, port, design):
            carried.setdefault(port.parent or port.name, []).append(port.plane)
    groups: dict[tuple[PlaneName, ...], list[str]] = {}
    for name, planes in carried.items():
        groups.setdefault(tuple(planes), []).append(name)
    for names, ports in groups.items():
        planes_of = [design.plane(name) for name in names]
        label = "_".join(names).upper()
        _table(db, f"EDGE_{label}", "L3", ports, label)
        _four(db["ACL_RULE"], f"EDGE_{label}", planes_of, design)
        if any(plane.prefix6 for plane in planes_of):
            _table(db, f"EDGE6_{label}", "L3V6", ports, label)
            _six(db["ACL_RULE"], f"EDGE6_{label}", planes_of, design)


def _table(db: Db, name: str, kind: str, ports: list[str], label: str) -> None:
    db.setdefault("ACL_TABLE", {})[name] = {
        "type": kind,
        "stage": "ingress",
        "policy_desc": f"what hosts may send: {label.lower()}",
        "ports": ports,
    }
    db.setdefault("ACL_RULE", {})


def _pairs(planes: list[PlaneDesign], design: Design) -> list[tuple[PlaneDesign, PlaneDesign]]:
    """From whom to whom."""
    return [
        (plane, other)
        for plane in planes
        for other in (plane, *(design.plane(name) for name in plane.may_reach))
    ]


def _four(rules: Table, name: str, planes: list[PlaneDesign], design: Design) -> None:
    for order, (plane, other) in enumerate(_pairs(planes, design)):
        rules[f"{name}|{plane.name}_to_{other.name}"] = {
            "PRIORITY": str(_FIRST - order),
            "PACKET_ACTION": "FORWARD",
            "SRC_IP": plane.prefix,
            "DST_IP": other.prefix,
        }
    rules[f"{name}|rest"] = _rest("IPV4ANY")


def _six(rules: Table, name: str, planes: list[PlaneDesign], design: Design) -> None:
    for order, (plane, other) in enumerate(_pairs(planes, design)):
        if plane.prefix6 and other.prefix6:
            rules[f"{name}|{plane.name}_to_{other.name}"] = {
                "PRIORITY": str(_FIRST - order),
                "PACKET_ACTION": "FORWARD",
                "SRC_IPV6": plane.prefix6,
                "DST_IPV6": other.prefix6,
            }
    for kind in _NEIGHBOURS:
        rules[f"{name}|neighbours_{kind}"] = {
            "PRIORITY": str(_FIRST - 100 - kind),
            "PACKET_ACTION": "FORWARD",
            "IP_TYPE": "IPV6ANY",
            "IP_PROTOCOL": _ICMPV6,
            "ICMPV6_TYPE": str(kind),
        }
    rules[f"{name}|rest"] = _rest("IPV6ANY")


def _rest(kind: str) -> Row:
    return {"PRIORITY": "1", "PACKET_ACTION": "DROP", "IP_TYPE": kind}
