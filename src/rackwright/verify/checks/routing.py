"""Policy rules and routes: as designed, nothing extra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rackwright.verify.expected import Expected, Route, Rule
from rackwright.verify.facts import Facts
from rackwright.verify.model import Layer, Outcome, Verdict

KERNEL_RULES = frozenset({0, 32766, 32767})
"""Priorities of the three rules that the kernel makes (ip-rule(8))."""
KERNEL_TABLES = frozenset({"local", "default"})
OWN_PROTOCOLS = frozenset({"kernel", "ra"})
"""Routes that the kernel makes from addresses; they follow from what ports already proves."""


def found_rules(document: list[dict[str, Any]]) -> list[Rule]:
    """Rules that somebody added, in the order of their priority."""
    rules = []
    for rule in document:
        if (rule["priority"] in KERNEL_RULES and not rule.get("iif")) or "l3mdev" in rule:
            continue  # l3mdev: the kernel's own, too, from the first VRF on
        source, to = rule.get("src", "all"), rule.get("dst")
        rules.append(
            Rule(
                source=None if source == "all" else _prefix(source, rule.get("srclen")),
                iif=rule.get("iif"),
                to=_prefix(to, rule.get("dstlen")) if to else None,
                table=str(rule["table"]) if "table" in rule else None,
                action=rule.get("action"),
                priority=rule["priority"],
            )
        )
    return rules


def _prefix(address: str, length: int | None) -> str:
    return address if length in (None, 32) else f"{address}/{length}"


def _plain(rule: Rule) -> Rule:
    """In one spelling: no /32, no table on a rule that prohibits, no action on a rule that looks up."""
    source = rule.source.removesuffix("/32") if rule.source else None
    table = None if rule.action in ("prohibit", "unreachable", "blackhole") else rule.table
    action = None if rule.action in ("to_tbl", "lookup", "table") else rule.action
    return Rule(source, rule.iif, rule.to, table, action, rule.priority)


def rules(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """One verdict for each port that has rules: a rule belongs to the port it names or whose address it
    names."""
    by_address = {p.address.split("/")[0]: p.name for p in want.ports.values() if p.address}

    def port_of(rule: Rule) -> str | None:
        return rule.iif or by_address.get(rule.source or "")

    expected = {_plain(rule) for rule in want.rules}
    found = {_plain(rule) for rule in found_rules(facts.json("rules"))}
    places = sorted({port_of(rule) or "" for rule in expected | found})
    if not places:
        yield _verdict("rules", want, None, "pass", "none", "none", "ip -j rule")
    for place in places:
        here = {rule for rule in found if (port_of(rule) or "") == place}
        wanted = {rule for rule in expected if (port_of(rule) or "") == place}
        yield _compare("rules", want, place or None, here, wanted, "ip -j rule")


def found_routes(document: list[dict[str, Any]]) -> set[Route]:
    """Unicast routes that somebody added, outside the kernel's own tables."""
    routes = set()
    for route in document:
        table = str(route.get("table", "main"))
        if table in KERNEL_TABLES or route.get("type") in ("local", "broadcast", "anycast", "multicast"):
            continue
        if route.get("protocol") in OWN_PROTOCOLS or ":" in str(route["dst"]):
            continue
        routes.add(
            Route(
                table, str(route["dst"]), route.get("gateway"), str(route.get("dev", route.get("type", "")))
            )
        )
    return routes


def routes(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """One verdict for each port of a server; a switch's routes are BGP's and are proven by its sessions and
    by probes."""
    if want.kind != "server":
        return
    found = found_routes(facts.json("routes"))
    expected = set(want.routes)
    for port in sorted({route.dev for route in found | expected}):
        here = {route for route in found if route.dev == port}
        wanted = {route for route in expected if route.dev == port}
        yield _compare("routes", want, port, here, wanted, "ip -j route show table all")


def _compare(
    check: str, want: Expected, port: str | None, found: set[Any], expected: set[Any], source: str
) -> Verdict:
    if found == expected:
        return _verdict(check, want, port, "pass", f"{len(found)} as designed", "the design's", source)
    missing, extra = _texts(expected - found), _texts(found - expected)
    text = "; ".join(part for part in (missing and f"missing {missing}", extra and f"extra {extra}") if part)
    return _verdict(check, want, port, "fail", text, _texts(expected) or "none", source)


def _texts(things: set[Any]) -> str:
    return ", ".join(sorted(_route_text(t) if isinstance(t, Route) else str(t) for t in things))


def _route_text(route: Route) -> str:
    via = f" via {route.via}" if route.via else ""
    return f"{route.dst}{via} dev {route.dev} table {route.table}"


def _verdict(
    check: str, want: Expected, port: str | None, outcome: Outcome, found: str, expected: str, source: str
) -> Verdict:
    layer: Layer = "node" if want.kind == "server" else "switch"
    return Verdict(
        check,
        layer,
        want.device,
        port,
        outcome,
        found,
        expected,
        source,
        needs=(f"{want.device}#configuration",),
        # All rules (or routes) that differ on one device are one finding: one hand or service made them so.
        blames=(f"{want.device}#{check}", *([f"{want.device}:{port}"] if port else [])),
    )
