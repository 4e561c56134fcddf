"""VRFs of planes and tenants, each carried between leaves by a layer 3 VNI over VXLAN."""

from __future__ import annotations

from rackwright.models.design import Design, Switch
from rackwright.render.nos.peers import vrfs_of
from rackwright.render.nos.sonic.tables import Db

VTEP, NVO = "vtep", "nvo"


def vrf_name(name: str) -> str:
    """SONiC knows a VRF by its first three letters; 15 characters at most.

    >>> vrf_name("storage")
    'Vrf-storage'
    """
    return f"Vrf{name}" if len(name) > 11 else f"Vrf-{name}"


def vrf(db: Db, switch: Switch, design: Design) -> None:
    """VRF, VLAN and VLAN_INTERFACE of each VNI, VXLAN_*; nothing on a switch whose ports are in no VRF."""
    mine = vrfs_of(switch, design)
    if not mine or switch.loopback is None:
        return
    db["VRF"] = {vrf_name(row.name): {"vni": str(row.vni)} for row in mine}
    vlans, svis = db.setdefault("VLAN", {}), db.setdefault("VLAN_INTERFACE", {})
    maps = db["VXLAN_TUNNEL_MAP"] = {}
    for row in mine:
        vlan = f"Vlan{row.vlan}"
        vlans[vlan] = {"vlanid": str(row.vlan), "description": f"VNI of {row.name}"}
        svis[vlan] = {"vrf_name": vrf_name(row.name)}
        maps[f"{VTEP}|map_{row.vni}_{vlan}"] = {"vlan": vlan, "vni": str(row.vni)}
    db["VXLAN_TUNNEL"] = {VTEP: {"src_ip": switch.loopback.ip}}
    db["VXLAN_EVPN_NVO"] = {NVO: {"source_vtep": VTEP}}
