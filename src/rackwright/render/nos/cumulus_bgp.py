"""Routing on Cumulus Linux: BGP, its policies, VRFs and EVPN as NVUE says them. The rules are ``peers``'s."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.design.ipv6 import Six
from rackwright.models.design import Design, PlaneDesign, Switch, Vrf
from rackwright.models.spec import PlaneName
from rackwright.render.nos.peers import (
    Peer,
    bfd_of,
    equal_paths,
    imports_of,
    leaking,
    route_target,
    vrfs_of,
)
from rackwright.render.wiring import Wiring
from rackwright.render.yamltext import Tree

ON: Tree = {"state": "enabled"}
BFD = "FABRIC"
MOST_PATHS = 128
"""NVUE's limit of ``multipaths ebgp``."""


def evpn_tree(switch: Switch, design: Design) -> Tree:
    """EVPN on every switch of the fabric; tunnels end on those that have VRFs."""
    made: Tree = {"evpn": ON}
    if vrfs_of(switch, design) and switch.loopback is not None:
        made["nve"] = {"vxlan": {"source": {"address": switch.loopback.ip}, "state": "enabled"}}
    return made


def router_tree(
    switch: Switch,
    design: Design,
    peers: list[Peer],
    planes: list[PlaneDesign],
    six: Mapping[PlaneName, Six],
    adaptive: bool,
) -> Tree:
    """The ``router`` branch: what holds for every VRF."""
    assert switch.asn is not None  # noqa: S101 - asked of routers only
    assert switch.loopback is not None  # noqa: S101
    made: Tree = {}
    if adaptive:
        made["adaptive-routing"] = ON
    if bfd_of(switch, design):
        timers: Tree = {"detect-multiplier": 3, "min-rx-interval": 300, "min-tx-interval": 300}
        made["bfd"] = {"profile": {BFD: timers}, "state": "enabled"}
    made["bgp"] = {
        "autonomous-system": switch.asn,
        "graceful-restart": {"mode": "full"},
        "router-id": switch.loopback.ip,
        "state": "enabled",
    }
    made["policy"] = policies(switch, peers, planes, six, leaking(switch, design))
    return made


def policies(
    switch: Switch,
    peers: list[Peer],
    planes: list[PlaneDesign],
    six: Mapping[PlaneName, Six],
    leaks: bool,
) -> Tree:
    """Prefix lists and route maps; the same names as on FRR."""
    made: Tree = {}
    lists: Tree = {"PLANES": _prefixes([plane.prefix for plane in planes], 32, "ipv4")}
    maps: Tree = {}
    links = [port.address for port in switch.ports if port.address and port.use in ("uplink", "downlink")]
    connected: Tree = {}
    if links:
        lists["LINKS"] = _prefixes([address.network for address in links], None, "ipv4")
        connected["5"] = _deny({"ip-prefix-list": "LINKS", "type": "ipv4"})
    connected["10"] = _permit({"ip-prefix-list": "PLANES", "type": "ipv4"})
    maps["CONNECTED"] = {"rule": connected}
    sixes = [plane.prefix6 for plane in planes if plane.prefix6]
    if sixes:
        lists["PLANES6"] = _prefixes(sixes, 128, "ipv6")
        connected6: Tree = {}
        trunk = six.get(planes[0].name)
        if links and trunk is not None:
            lists["LINKS6"] = _prefixes([trunk.network(address) for address in links], None, "ipv6")
            connected6["5"] = _deny({"ip-prefix-list": "LINKS6", "type": "ipv6"})
        connected6["10"] = _permit({"ip-prefix-list": "PLANES6", "type": "ipv6"})
        maps["CONNECTED6"] = {"rule": connected6}
    if switch.tier == "leaf":
        made["as-path-list"] = {"LOCAL": {"rule": {"10": {"action": "permit", "aspath-exp": "^$"}}}}
        maps["TO-SPINES"] = {"rule": {"10": _permit({"as-path-list": "LOCAL"})}}
    communities: Tree = {}
    if _middle(switch, peers):
        communities["ABOVE"] = _marked(f"{switch.asn}:0:1")
        maps["FROM-CORES"] = {"rule": {"10": _permit({}) | _mark(f"{switch.asn}:0:1")}}
        maps["TO-CORES"] = {"rule": {"5": _deny({"large-community-list": "ABOVE"}), "10": _permit({})}}
    if leaks:
        communities["LEAKED"] = _marked(f"{switch.asn}:0:2")
        maps["LEAKED"] = {"rule": {"10": _permit({"as-path-list": "LOCAL"}) | _mark(f"{switch.asn}:0:2")}}
        maps["OWN"] = {"rule": {"5": _deny({"large-community-list": "LEAKED"}), "10": _permit({})}}
    if communities:
        made["large-community-list"] = communities
    return made | {"prefix-list": lists, "route-map": maps}


def vrf_trees(
    switch: Switch,
    design: Design,
    peers: list[Peer],
    planes: list[PlaneDesign],
    six: Mapping[PlaneName, Six],
    isolated: bool,
    wiring: Wiring,
) -> Tree:
    """The ``vrf`` branch: the underlay in ``default``, and each VRF of the switch."""
    paths: Tree = {"ebgp": min(equal_paths(switch, peers, wiring), MOST_PATHS)}
    families = ["ipv4-unicast"]
    if six and not isolated:
        families.append("ipv6-unicast")
    if isolated:
        families.append("l2vpn-evpn")
    bgp: Tree = {
        "address-family": {family: _family(family, paths) for family in families},
        "neighbor": {peer.name: _neighbour(switch, peer) for peer in peers},
        "path-selection": {"multipath": {"aspath-ignore": "enabled"}},
        "peer-group": {},
        "state": "enabled",
    }
    watched: Tree = {"bfd": {"profile": BFD}} if bfd_of(switch, design) else {}
    outward = "TO-SPINES" if switch.tier == "leaf" else None
    groups: Tree = {"FABRIC": watched | _group(families, None, outward)}
    if _middle(switch, peers):
        groups["CORES"] = watched | _group(families, "FROM-CORES", "TO-CORES")
    bgp["peer-group"] = groups
    made: Tree = {"default": {"router": {"bgp": bgp}}}
    here, leaks = vrfs_of(switch, design), leaking(switch, design)
    for vrf in here:
        made[vrf.name] = _vrf(vrf, switch, design, paths, {each.name for each in here}, leaks)
    return made


def _vrf(vrf: Vrf, switch: Switch, design: Design, paths: Tree, here: set[str], leaks: bool) -> Tree:
    assert switch.asn is not None  # noqa: S101
    assert switch.loopback is not None  # noqa: S101
    others = imports_of(vrf, design)
    local: Tree = {other.name: {} for other in others if other.name in here}
    families: Tree = {}
    for family in ["ipv4-unicast", *(["ipv6-unicast"] if design.plane(vrf.plane).prefix6 else [])]:
        export: Tree = {"route-map": "OWN"} if leaks else {}
        row: Tree = _family(family, paths) | {"route-export": {"to-evpn": export | ON}}
        if local:
            row["route-import"] = {"from-vrf": {"list": local, "route-map": "LEAKED", "state": "enabled"}}
        families[family] = row
    targets: Tree = {route_target(each): {} for each in (vrf, *others)}
    bgp: Tree = {
        "address-family": families,
        "autonomous-system": switch.asn,
        "route-export": {"to-evpn": {"route-target": {route_target(vrf): {}}}},
        "route-import": {"from-evpn": {"route-target": targets}},
        "router-id": switch.loopback.ip,
        "state": "enabled",
    }
    evpn: Tree = {"state": "enabled", "vni": {str(vrf.vni): {}}}
    if vrf.vlan:
        evpn["vlan"] = vrf.vlan
    return {"evpn": evpn, "router": {"bgp": bgp}}


def _middle(switch: Switch, peers: list[Peer]) -> bool:
    """A spine with cores above it."""
    return switch.tier == "spine" and any(peer.up for peer in peers)


def _family(family: str, paths: Tree) -> Tree:
    if family == "l2vpn-evpn":
        return dict(ON)
    route_map = "CONNECTED" if family == "ipv4-unicast" else "CONNECTED6"
    redistribute: Tree = {"connected": {"route-map": route_map, "state": "enabled"}}
    return {"multipaths": paths, "redistribute": redistribute, "state": "enabled"}


def _neighbour(switch: Switch, peer: Peer) -> Tree:
    group = "CORES" if peer.up and switch.tier == "spine" else "FABRIC"
    return {"peer-group": group, "type": "numbered" if peer.address else "unnumbered"}


def _group(families: list[str], inbound: str | None, outbound: str | None) -> Tree:
    made: Tree = {}
    for family in families:
        took: Tree = {}
        if family != "l2vpn-evpn":
            took["prefix-list"] = "PLANES" if family == "ipv4-unicast" else "PLANES6"
        if inbound is not None:
            took["route-map"] = inbound
        policy: Tree = {"inbound": took} if took else {}
        if outbound is not None:
            policy["outbound"] = {"route-map": outbound}
        made[family] = ({"policy": policy} if policy else {}) | {"state": "enabled"}
    return {"address-family": made, "remote-as": "external"}


def _prefixes(prefixes: list[str], longest: int | None, family: str) -> Tree:
    longer: Tree = {} if longest is None else {"max-prefix-len": longest}
    rules: Tree = {
        str((number + 1) * 10): {"action": "permit", "match": {prefix: dict(longer)}}
        for number, prefix in enumerate(prefixes)
    }
    return {"rule": rules, "type": family}


def _marked(mark: str) -> Tree:
    return {"rule": {"10": {"action": "permit", "large-community": {mark: {}}}}}


def _mark(mark: str) -> Tree:
    return {"set": {"large-community": {mark: {}}}}


def _permit(match: Tree) -> Tree:
    rule: Tree = {"action": {"permit": {}}}
    return rule | {"match": match} if match else rule


def _deny(match: Tree) -> Tree:
    return {"action": {"deny": {}}, "match": match}
