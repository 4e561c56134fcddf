"""Musts: what two rows of config_db.json have to agree on (``must`` in SONiC's YANG models)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rackwright.models.finding import Finding

Db = dict[str, dict[str, dict[str, Any]]]


def musts(device: str, db: Db) -> list[Finding]:
    """Everything that two rows disagree on."""
    return [
        Finding(f"{device} {where}", "schema", found, expected)
        for where, found, expected in (
            *_ports(db),
            *_addresses(db),
            *_bgp(db),
            *_quality(db),
            *_vlans(db),
        )
    ]


Rule = tuple[str, str, str]
"""(where, found, expected)."""


def _ports(db: Db) -> list[Rule]:
    ports = db.get("PORT", {})
    lanes = Counter(lane for row in ports.values() for lane in str(row.get("lanes", "")).split(","))
    names = Counter(row.get("alias") for row in ports.values())
    found = [
        (f"PORT lane {lane}", f"{count} ports", "one port") for lane, count in lanes.items() if count > 1
    ]
    found += [
        (f"PORT alias {name}", f"{count} ports", "one port") for name, count in names.items() if count > 1
    ]
    return found


def _addresses(db: Db) -> list[Rule]:
    """An address needs its interface's own row; a sub-interface its port."""
    found = []
    for table in ("INTERFACE", "VLAN_INTERFACE", "VLAN_SUB_INTERFACE", "LOOPBACK_INTERFACE"):
        rows = db.get(table, {})
        found += [
            (f"{table}|{key}", "an address without the interface's row", f"{table}|{key.partition('|')[0]}")
            for key in rows
            if "|" in key and key.partition("|")[0] not in rows
        ]
    for key in db.get("VLAN_SUB_INTERFACE", {}):
        parent = key.partition("|")[0].partition(".")[0]
        if parent not in db.get("PORT", {}):
            found.append((f"VLAN_SUB_INTERFACE|{key}", f"parent {parent}", "a row of PORT"))
    for key, row in db.get("MGMT_INTERFACE", {}).items():
        if (":" in key) != (":" in str(row.get("gwaddr", ""))):
            found.append((f"MGMT_INTERFACE|{key} gwaddr", str(row.get("gwaddr")), "the address's own family"))
    return found


def _bgp(db: Db) -> list[Rule]:
    found = []
    groups = db.get("BGP_PEER_GROUP", {})
    for key, row in db.get("BGP_NEIGHBOR", {}).items():
        table, _, peer = key.partition("|")
        group = f"{table}|{row.get('peer_group_name')}"
        if group not in groups:
            found.append((f"BGP_NEIGHBOR|{key} peer_group_name", group, "a row of BGP_PEER_GROUP"))
        own = db.get("INTERFACE", {}).get(peer, {})
        if peer in db.get("PORT", {}) and own.get("ipv6_use_link_local_only") != "enable":
            wanted = "ipv6_use_link_local_only on that interface"
            found.append((f"BGP_NEIGHBOR|{key}", "an unnumbered session", wanted))
        kind = groups.get(group, {}).get("peer_type")
        if kind is None and "asn" not in row:
            found.append((f"BGP_NEIGHBOR|{key} asn", "nothing", "an ASN, here or peer_type in the group"))
    for key in db.get("BGP_PEER_GROUP_AF", {}):
        if key.rpartition("|")[0] not in groups:
            found.append((f"BGP_PEER_GROUP_AF|{key}", key.rpartition("|")[0], "a row of BGP_PEER_GROUP"))
    return found


def _quality(db: Db) -> list[Rule]:
    found = []
    for key, row in db.get("WRED_PROFILE", {}).items():
        for colour in ("green", "yellow", "red"):
            low, high = row.get(f"{colour}_min_threshold", "0"), row.get(f"{colour}_max_threshold", "0")
            if low.isdecimal() and high.isdecimal() and int(low) > int(high):
                found.append((f"WRED_PROFILE|{key} {colour}", f"{low} to {high}", "the maximum not below"))
    watch = db.get("PFC_WD", {})
    poll = str(watch.get("GLOBAL", {}).get("POLL_INTERVAL", "0"))
    for key, row in watch.items():
        for field in ("detection_time", "restoration_time"):
            value = str(row.get(field, poll))
            if value.isdecimal() and poll.isdecimal() and int(value) < int(poll):
                found.append((f"PFC_WD|{key} {field}", value, f"at least POLL_INTERVAL {poll}"))
    return found


def _vlans(db: Db) -> list[Rule]:
    found = []
    for key, row in db.get("VLAN", {}).items():
        if key != f"Vlan{row.get('vlanid')}":
            found.append((f"VLAN|{key} vlanid", str(row.get("vlanid")), key.removeprefix("Vlan")))
    routed = {key.partition("|")[0] for key in db.get("INTERFACE", {})}
    members = [key.partition("|")[2] for key in db.get("VLAN_MEMBER", {})]
    found += [
        (f"VLAN_MEMBER {port}", "a routed port", "a port without INTERFACE")
        for port in members
        if port in routed
    ]
    carried = {row.get("vni"): key for key, row in db.get("VXLAN_TUNNEL_MAP", {}).items()}
    for key, row in db.get("VRF", {}).items():
        if row.get("vni", "0") != "0" and row["vni"] not in carried:
            found.append((f"VRF|{key} vni", row["vni"], "a row of VXLAN_TUNNEL_MAP with it"))
    return found
