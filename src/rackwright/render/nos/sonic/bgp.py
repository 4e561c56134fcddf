"""BGP: one eBGP session a link, no valleys, BFD; EVPN beside IP where the fabric has VRFs."""

from __future__ import annotations

from rackwright.design.ipv6 import Six
from rackwright.models.design import Design, Switch, Vrf
from rackwright.render.nos.peers import (
    Peer,
    bfd_of,
    equal_paths,
    imports_of,
    peers_of,
    route_target,
    vrfs_of,
)
from rackwright.render.nos.sonic.tables import EMPTY, Db, Row
from rackwright.render.nos.sonic.vrf import vrf_name
from rackwright.render.nos.upward import isolated, link_networks, upward_paths
from rackwright.render.wiring import Wiring

ABOVE, BELOW, UP, OWN, OWN6, CONNECTED, CONNECTED6, LINKS, LINKS6 = (
    "ABOVE",
    "BELOW",
    "TO-ABOVE",
    "PLANES",
    "PLANES6",
    "CONNECTED",
    "CONNECTED6",
    "LINKS",
    "LINKS6",
)


def bgp(db: Db, switch: Switch, design: Design, wiring: Wiring) -> None:
    """BGP_*, ROUTE_MAP*, PREFIX*, AS_PATH_SET, ROUTE_REDISTRIBUTE."""
    found, mine = peers_of(switch, wiring), vrfs_of(switch, design)
    paths = str(equal_paths(switch, found, wiring))
    evpn = isolated(switch, design)
    planes = [plane for plane in design.planes if plane.fabric == switch.fabric]
    six = [both for plane in planes if (both := Six.of(plane)) is not None]
    inside = ["ipv4_unicast", *(["ipv6_unicast"] if six else [])]
    afs = ["ipv4_unicast"] if evpn else inside
    _policies(db, [p.prefix for p in planes], [p.prefix6 for p in planes if p.prefix6], upward_paths(found))
    _links(db, link_networks(switch, design))
    _globals(db, "default", switch, afs, paths)
    if evpn:
        db["BGP_GLOBALS_AF"]["default|l2vpn_evpn"] = {"advertise-all-vni": "true"} if mine else EMPTY
    _groups(db, found, afs, evpn, bfd_of(switch, design))
    db["BGP_NEIGHBOR"] = {f"default|{each.name}": _neighbour(each) for each in found}
    for row in mine:
        _instance(db, switch, row, design, inside, paths)


def _globals(db: Db, table: str, switch: Switch, afs: list[str], paths: str) -> None:
    own: Row = {
        "local_asn": str(switch.asn),
        "load_balance_mp_relax": "true",
        "graceful_restart_enable": "true",
        "log_nbr_state_changes": "true",
    }
    if switch.loopback is not None:
        own["router_id"] = switch.loopback.ip
    db.setdefault("BGP_GLOBALS", {})[table] = own
    per_af = db.setdefault("BGP_GLOBALS_AF", {})
    shared = db.setdefault("ROUTE_REDISTRIBUTE", {})
    for af in afs:
        per_af[f"{table}|{af}"] = {"max_ebgp_paths": paths}
        name = CONNECTED6 if af == "ipv6_unicast" else CONNECTED
        shared[f"{table}|connected|bgp|{af.removesuffix('_unicast')}"] = {"route_map": [name]}


def _policies(db: Db, prefixes: list[str], prefixes6: list[str], paths: list[str]) -> None:
    sets = db["PREFIX_SET"] = {OWN: {"mode": "IPv4"}}
    rows = db["PREFIX"] = {}
    for order, prefix in enumerate(prefixes):
        rows[f"{OWN}|{10 * (order + 1)}|{prefix}|{prefix.partition('/')[2]}..32"] = {"action": "permit"}
    maps = db["ROUTE_MAP_SET"] = {CONNECTED: EMPTY}
    entries = db["ROUTE_MAP"] = {
        f"{CONNECTED}|10": {"route_operation": "permit", "match_prefix_set": OWN},
    }
    if prefixes6:
        sets[OWN6] = {"mode": "IPv6"}
        for order, prefix in enumerate(prefixes6):
            rows[f"{OWN6}|{10 * (order + 1)}|{prefix}|{prefix.partition('/')[2]}..128"] = {"action": "permit"}
        maps[CONNECTED6] = EMPTY
        entries[f"{CONNECTED6}|10"] = {"route_operation": "permit", "match_ipv6_prefix_set": OWN6}
    if paths:
        db["AS_PATH_SET"] = {"BELOW-ME": {"action": "permit", "as_path_set_member": paths}}
        maps[UP] = EMPTY
        entries[f"{UP}|10"] = {"route_operation": "permit", "match_as_path": "BELOW-ME"}


def _links(db: Db, networks: tuple[str, str | None] | None) -> None:
    """Numbered links are not announced."""
    if networks is None:
        return
    four, six = networks
    for name, connected, match, network, length in (
        (LINKS, CONNECTED, "match_prefix_set", four, 31),
        (LINKS6, CONNECTED6, "match_ipv6_prefix_set", six, 127),
    ):
        if network is not None:
            db["PREFIX_SET"][name] = {"mode": "IPv6" if name == LINKS6 else "IPv4"}
            db["PREFIX"][f"{name}|10|{network}|{length}..{length}"] = {"action": "permit"}
            db["ROUTE_MAP"][f"{connected}|5"] = {"route_operation": "deny", match: name}


def _groups(db: Db, found: list[Peer], afs: list[str], evpn: bool, bfd: bool) -> None:
    groups, per_af = db.setdefault("BGP_PEER_GROUP", {}), db.setdefault("BGP_PEER_GROUP_AF", {})
    for name, above in ((ABOVE, True), (BELOW, False)):
        members = [each for each in found if each.up == above]
        if not members:
            continue
        row: Row = {"bfd": "true" if bfd else "false", "admin_status": "up"}
        if any(each.address is None for each in members):
            row |= {"peer_type": "external", "capability_ext_nexthop": "true"}
        groups[f"default|{name}"] = row
        for af in afs:
            own: Row = {"admin_status": "up"}
            own["prefix_list_in"] = OWN6 if af == "ipv6_unicast" else OWN
            if above:
                own["route_map_out"] = [UP]
            per_af[f"default|{name}|{af}"] = own
        if evpn:
            # a leaf passes on no other leaf's routes: valleys are as bad for EVPN
            per_af[f"default|{name}|l2vpn_evpn"] = {
                "admin_status": "up",
                **({"route_map_out": [UP]} if above else {}),
            }


def _neighbour(each: Peer) -> Row:
    row: Row = {"peer_group_name": ABOVE if each.up else BELOW, "name": each.device}
    if each.address is not None:
        row["asn"] = str(each.asn)
    return row


def _instance(db: Db, switch: Switch, row: Vrf, design: Design, afs: list[str], paths: str) -> None:
    """A VRF's own BGP: its connected routes as EVPN type 5.

    The keys for EVPN are those that SONiC's FRR manager reads; its YANG model does not list all of them.
    """
    name = vrf_name(row.name)
    _globals(db, name, switch, afs, paths)
    own = switch.loopback.ip if switch.loopback is not None else switch.management.ip
    imports = [row, *imports_of(row, design)]
    evpn: Row = {
        "route-distinguisher": f"{own}:{row.vlan}",
        "import-rts": [route_target(each) for each in imports],
        "export-rts": [route_target(row)],
    }
    for af in afs:
        evpn[f"advertise-{af.replace('_', '-')}"] = "true"
    db["BGP_GLOBALS_AF"][f"{name}|l2vpn_evpn"] = evpn
    if len(imports) > 1:
        # EVPN brings only what other switches announce: two VRFs of one leaf meet in the VPN table
        for af in afs:
            db["BGP_GLOBALS_AF"][f"{name}|{af}"] |= {
                "rd_vpn_export": f"{own}:{row.vlan}",
                "rt_vpn_export": route_target(row),
                "rt_vpn_import": " ".join(route_target(each) for each in imports),
                "export_vpn": "true",
                "import_vpn": "true",
            }
