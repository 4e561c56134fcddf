"""Names in a startup.yaml must exist where they point: NVUE looks at that only when it applies the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Mistake = tuple[str, str, str, str]
"""(place, found, expected, hint)."""
_ROUTE_MAPS = (
    ("redistribute", "connected", "route-map"),
    ("route-export", "to-evpn", "route-map"),
    ("route-import", "from-vrf", "route-map"),
)
"""Where a family names a route-map."""


def dangling(tree: Mapping[str, Any]) -> Iterator[Mistake]:
    """Mistakes of a tree that has the right shape."""
    yield from _interfaces(tree)
    yield from _routes(tree)
    yield from _vrfs(tree)


def _interfaces(tree: Mapping[str, Any]) -> Iterator[Mistake]:
    ports, vrfs = tree["interface"], {"default", "mgmt", *tree.get("vrf", {})}
    bridges = tree.get("bridge", {}).get("domain", {})
    for port, row in ports.items():
        where = f"set.interface.{port}"
        cage, split, part = port.partition(".")[0].removeprefix("swp").partition("s")
        if split and port.startswith("swp"):
            ways = next(iter(ports.get(f"swp{cage}", {}).get("link", {}).get("breakout", {})), "1x")
            if int(part) >= int(ways.removesuffix("x")):
                yield where, f"swp{cage} with breakout {ways}", f"at least {int(part) + 1} ways", ""
        if row["type"] == "sub" and row.get("base-interface") not in ports:
            yield where, f"base-interface {row.get('base-interface')}", "an interface of this switch", ""
        if row.get("vrf", "default") not in vrfs:
            yield where, f"vrf {row['vrf']}", "a VRF of this switch", ""
        for acl in row.get("acl", {}):
            if acl not in tree.get("acl", {}):
                yield where, f"acl {acl}", "an ACL of this switch", ""
        for domain, member in row.get("bridge", {}).get("domain", {}).items():
            if str(member["access"]) not in bridges.get(domain, {}).get("vlan", {}):
                yield where, f"VLAN {member['access']} of {domain}", "a VLAN of that bridge", ""
        if "mtu" in row.get("link", {}) and "breakout" in row["link"]:
            yield where, "an MTU on a split cage", "the MTU on its parts", ""


def _routes(tree: Mapping[str, Any]) -> Iterator[Mistake]:
    policy = tree.get("router", {}).get("policy", {})
    kinds = {
        "as-path-list": "as-path-list",
        "ip-prefix-list": "prefix-list",
        "large-community-list": "large-community-list",
    }
    for name, route_map in policy.get("route-map", {}).items():
        for number, rule in route_map["rule"].items():
            for key, kind in kinds.items():
                wanted = rule.get("match", {}).get(key)
                if wanted is not None and wanted not in policy.get(kind, {}):
                    where = f"set.router.policy.route-map.{name}.rule.{number}"
                    yield where, f"{key} {wanted}", f"a {kind} of this switch", ""


def _vrfs(tree: Mapping[str, Any]) -> Iterator[Mistake]:
    policy = tree.get("router", {}).get("policy", {})
    profiles = tree.get("router", {}).get("bfd", {}).get("profile", {})
    for vrf, row in tree.get("vrf", {}).items():
        bgp, where = row.get("router", {}).get("bgp", {}), f"set.vrf.{vrf}.router.bgp"
        groups = bgp.get("peer-group", {})
        for peer, neighbour in bgp.get("neighbor", {}).items():
            if neighbour["peer-group"] not in groups:
                yield where, f"peer-group {neighbour['peer-group']} of {peer}", "a peer group here", ""
            if neighbour["type"] == "unnumbered" and peer not in tree["interface"]:
                yield where, f"neighbour {peer}", "an interface of this switch", ""
        for group_name, group in groups.items():
            if (profile := group.get("bfd", {}).get("profile")) is not None and profile not in profiles:
                yield where, f"bfd profile {profile} of {group_name}", "a profile of this switch", ""
            for family, each in group["address-family"].items():
                for direction, rules in each.get("policy", {}).items():
                    for key, wanted in rules.items():
                        if wanted not in policy.get(key, {}):
                            place = f"{where}.peer-group.{group_name}.{family}.{direction}"
                            yield place, f"{key} {wanted}", f"a {key} of this switch", ""
        for family, each in bgp["address-family"].items():
            for *path, last in _ROUTE_MAPS:
                wanted = each
                for key in path:
                    wanted = wanted.get(key, {})
                name = wanted.get(last)
                if name is not None and name not in policy.get("route-map", {}):
                    place = ".".join([where, family, *path])
                    yield place, f"route-map {name}", "a route-map of this switch", ""
            for other in each.get("route-import", {}).get("from-vrf", {}).get("list", {}):
                if other not in tree["vrf"]:
                    yield f"{where}.{family}", f"vrf {other}", "a VRF of this switch", ""
