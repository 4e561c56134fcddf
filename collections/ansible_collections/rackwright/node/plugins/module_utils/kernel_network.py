"""Addresses, MTU, routes and rules: what the kernel holds against what the design says. Pure."""

from __future__ import annotations

from typing import Any


def ports(expected: dict[str, dict[str, Any]], links: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Differences by port. ``links`` is ``ip -j addr show``.

    >>> ports({"a": {"address": "10.0.0.1/31", "mtu": 9000}}, [{"ifname": "a", "mtu": 1500, "addr_info": []}])
    {'a': ['mtu: found 1500, expected 9000', 'address: found none, expected 10.0.0.1/31']}
    """
    by_name = {link["ifname"].partition("@")[0]: link for link in links if "ifname" in link}
    differences: dict[str, list[str]] = {}
    for name, port in expected.items():
        link = by_name.get(name)
        if link is None:
            differences[name] = ["found no such interface"]
            continue
        lines = []
        if port.get("mtu") and link.get("mtu") != port["mtu"]:
            lines.append(f"mtu: found {link.get('mtu')}, expected {port['mtu']}")
        found = [
            f"{info['local']}/{info['prefixlen']}"
            for info in link.get("addr_info", ())
            if info.get("family") == "inet"
        ]
        if port.get("address") and found != [port["address"]]:
            lines.append(f"address: found {', '.join(found) or 'none'}, expected {port['address']}")
        if lines:
            differences[name] = lines
    return differences


def without_carrier(expected: dict[str, dict[str, Any]], links: list[dict[str, Any]]) -> list[str]:
    """Ports that are switched on and have no link: no cable, or nobody at its other end."""
    down = {link["ifname"] for link in links if "NO-CARRIER" in link.get("flags", ())}
    return sorted(down & set(expected))


def routes(expected: list[dict[str, Any]], found: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Routes that are missing, by port. ``found`` is ``ip -j route show table all``."""

    def key(route: dict[str, Any], via: str) -> tuple[str, str, str, str]:
        return (
            str(route.get("table") or "main"),
            str(route["dst"]),
            str(route.get(via) or ""),
            str(route.get("dev")),
        )

    have = {key(route, "gateway") for route in found if "dst" in route}
    differences: dict[str, list[str]] = {}
    for route in expected:
        if key(route, "via") not in have:
            others = sorted(
                f"via {r.get('gateway', '-')} dev {r.get('dev', '-')}"
                for r in found
                if (str(r.get("table") or "main"), r.get("dst")) == key(route, "via")[:2]
            )
            differences.setdefault(route["dev"], []).append(
                f"route {route['dst']} in table {route.get('table') or 'main'}: "
                f"found {', '.join(others) or 'none'}, expected via {route.get('via') or '-'}"
            )
    return differences


def owners(ports: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Port by its address, without the prefix length."""
    return {
        str(port["address"]).partition("/")[0]: name for name, port in ports.items() if port.get("address")
    }


def rules(
    expected: list[dict[str, Any]], found: list[dict[str, Any]], port_of: dict[str, str], dark: list[str]
) -> dict[str, list[str]]:
    """Rules that are missing, and rules of our tables that nobody asked for, by the port whose table it is.

    ``found`` is ``ip -j rule``. Rules of a port in ``dark`` come and go with its link and are not judged.

    >>> rules([{"from": "10.0.0.1", "table": "101"}], [], {"10.0.0.1": "a"}, [])
    {'a': ['rule from 10.0.0.1: found none, expected table 101']}
    """
    wanted = {(str(rule["from"]).partition("/")[0], str(rule["table"])) for rule in expected}
    have = {(str(rule.get("src")), str(rule.get("table"))) for rule in found if rule.get("src") != "all"}
    of_table = {table: port_of.get(source, "rules") for source, table in sorted(wanted)}
    differences: dict[str, list[str]] = {}
    for source, table in sorted(wanted - have):
        differences.setdefault(of_table[table], []).append(
            f"rule from {source}: found none, expected table {table}"
        )
    for source, table in sorted(have - wanted):
        if table in of_table:
            differences.setdefault(of_table[table], []).append(
                f"rule from {source} to table {table}: found, expected none"
            )
    return {port: lines for port, lines in differences.items() if port not in dark}
