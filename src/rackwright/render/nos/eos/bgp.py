"""BGP: one eBGP session a link, no valleys, BFD; EVPN type 5 for each VRF."""

from __future__ import annotations

from typing import Any

from rackwright.models.design import Design, Switch, Vrf
from rackwright.render.nos.peers import bfd_of, equal_paths, imports_of, peers_of, route_target, vrfs_of
from rackwright.render.nos.upward import isolated, link_networks, trunk_six, upward_paths
from rackwright.render.wiring import Wiring

Json = dict[str, Any]
ABOVE, BELOW, UP, PATHS, OWN, OWN6, CONNECTED, LINKS, LINKS6 = (
    "ABOVE",
    "BELOW",
    "TO-ABOVE",
    "BELOW-ME",
    "PLANES",
    "PLANES6",
    "CONNECTED",
    "LINKS",
    "LINKS6",
)


def bgp(frame: Json, switch: Switch, design: Design, wiring: Wiring, asn: str, router_id: str) -> None:
    """``router_bgp`` without its sessions, the policies it names, VRFs and VXLAN."""
    found, mine = peers_of(switch, wiring), vrfs_of(switch, design)
    planes = [plane for plane in design.planes if plane.fabric == switch.fabric]
    prefixes6 = [plane.prefix6 for plane in planes if plane.prefix6]
    evpn = isolated(switch, design)
    upwards = upward_paths(found)
    links = link_networks(switch, design)
    _policies(frame, [plane.prefix for plane in planes], prefixes6, upwards, links)
    frame |= {"ip_routing": True, "ip_routing_ipv6_interfaces": True, "ipv6_unicast_routing": True}
    paths = equal_paths(switch, found, wiring)
    groups = [name for name, up in ((ABOVE, True), (BELOW, False)) if any(p.up == up for p in found)]
    own: Json = {
        "as": asn,
        "router_id": router_id,
        "bgp": {"default": {"ipv4_unicast": False}},
        "graceful_restart": {"enabled": True},
        "maximum_paths": {"paths": paths, "ecmp": paths},
        "peer_groups": [
            {"name": name, "bfd": bfd_of(switch, design), "send_community": "all"} for name in groups
        ],
        "redistribute": {"connected": {"enabled": True, "route_map": CONNECTED}},
    }
    four = [{**_member(name), "prefix_list_in": OWN} for name in groups]
    for row in four:
        row["next_hop"] = {"address_family_ipv6": {"enabled": True, "originate": True}}
    own["address_family_ipv4"] = {"peer_groups": four}
    if prefixes6 and not evpn:
        sixes = [f"{name}6" for name in groups] if links else groups
        if links:
            own["peer_groups"] += [{**row, "name": f"{row['name']}6"} for row in own["peer_groups"]]
        own["address_family_ipv6"] = {
            "peer_groups": [{**_member(name), "prefix_list_in": OWN6} for name in sixes]
        }
    if evpn:
        own["address_family_evpn"] = {
            "next_hop_unchanged": True,
            "peer_groups": [_member(name) for name in groups],
        }
    if mine:
        own["vrfs"] = [_instance(row, design, router_id) for row in mine]
        _overlay(frame, mine, bool(prefixes6))
    frame["router_bgp"] = own


def sessions(switch: Switch, design: Design, wiring: Wiring) -> tuple[list[Json], list[Json]]:
    """(unnumbered, numbered), as pyavd lists them. A numbered link has a session for each address family."""
    unnumbered: list[Json] = []
    numbered: list[Json] = []
    six = trunk_six(switch, design)
    for peer in peers_of(switch, wiring):
        row: Json = {"peer_group": ABOVE if peer.up else BELOW, "remote_as": str(peer.asn)}
        if peer.address is None:
            unnumbered.append({"name": peer.port, **row})
        else:
            row["description"] = peer.device
            numbered.append({"ip_address": peer.address, **row})
            if six is not None:
                group = f"{row['peer_group']}6"
                numbered.append({"ip_address": six.of_ip(peer.address), **row, "peer_group": group})
    return unnumbered, numbered


def _member(name: str) -> Json:
    """A group in an address family; upwards goes only what comes from below."""
    row: Json = {"name": name, "activate": True}
    if name.startswith(ABOVE):
        row["route_map_out"] = UP
    return row


def _policies(
    frame: Json,
    prefixes: list[str],
    prefixes6: list[str],
    upwards: list[str],
    links: tuple[str, str | None] | None,
) -> None:
    def numbered(rows: list[str], most: int) -> list[Json]:
        return [
            {"sequence": 10 * (order + 1), "action": f"permit {prefix} le {most}"}
            for order, prefix in enumerate(rows)
        ]

    frame["prefix_lists"] = [{"name": OWN, "sequence_numbers": numbered(prefixes, 32)}]
    steps = [{"sequence": 10, "type": "permit", "match": [f"ip address prefix-list {OWN}"]}]
    if prefixes6:
        frame["ipv6_prefix_lists"] = [{"name": OWN6, "sequence_numbers": numbered(prefixes6, 128)}]
        steps.append({"sequence": 20, "type": "permit", "match": [f"ipv6 address prefix-list {OWN6}"]})
    if links is not None:
        four, six = links
        rule = {"sequence": 10, "action": f"permit {four} eq 31"}
        frame["prefix_lists"].append({"name": LINKS, "sequence_numbers": [rule]})
        steps.insert(0, {"sequence": 5, "type": "deny", "match": [f"ip address prefix-list {LINKS}"]})
        if six is not None:
            rule = {"sequence": 10, "action": f"permit {six} eq 127"}
            frame["ipv6_prefix_lists"].append({"name": LINKS6, "sequence_numbers": [rule]})
            deny = {"sequence": 6, "type": "deny", "match": [f"ipv6 address prefix-list {LINKS6}"]}
            steps.insert(1, deny)
    maps: list[Json] = [{"name": CONNECTED, "sequence_numbers": steps}]
    if upwards:
        entries = [{"type": "permit", "match": path} for path in upwards]
        frame["as_path"] = {"access_lists": [{"name": PATHS, "entries": entries}]}
        step = {"sequence": 10, "type": "permit", "match": [f"as-path {PATHS}"]}
        maps.append({"name": UP, "sequence_numbers": [step]})
    frame["route_maps"] = maps


def _instance(row: Vrf, design: Design, router_id: str) -> Json:
    imports = [route_target(each) for each in (row, *imports_of(row, design))]
    return {
        "name": row.name,
        "rd": f"{router_id}:{row.vlan}",
        "router_id": router_id,
        "route_targets": {
            "import": [{"address_family": "evpn", "route_targets": imports}],
            "export": [{"address_family": "evpn", "route_targets": [route_target(row)]}],
        },
        "redistribute": {"connected": {"enabled": True}},
    }


def _overlay(frame: Json, mine: list[Vrf], six: bool) -> None:
    """The VRFs themselves, and the tunnel that carries them."""
    rows = [{"name": row.name, "ip_routing": True, **({"ipv6_routing": True} if six else {})} for row in mine]
    frame["vrfs"] = [*frame.get("vrfs", []), *rows]
    carried = [{"name": row.name, "vni": row.vni} for row in mine]
    frame["vxlan_interface"] = {
        "vxlan1": {"vxlan": {"source_interface": "Loopback0", "udp_port": 4789, "vrfs": carried}}
    }
