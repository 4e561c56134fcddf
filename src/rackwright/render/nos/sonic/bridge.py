"""Bridge: the out-of-band plane, one VLAN with untagged ports; routed trees have a gateway address on it."""

from __future__ import annotations

from rackwright.design.ipv6 import Six
from rackwright.design.vrfs import plane_vlan
from rackwright.models.design import Design, Switch
from rackwright.render.nos.sonic.ports import data_ports
from rackwright.render.nos.sonic.tables import EMPTY, Db


def bridge(db: Db, switch: Switch, design: Design) -> None:
    """VLAN, VLAN_MEMBER and VLAN_INTERFACE of the management plane; nothing on other switches.

    A flat switch (tier ``oob``) has its own address on the VLAN: it has no management port of its own.
    """
    flat = switch.tier == "oob"
    gateway = next((port for port in switch.ports if port.use == "gateway"), None)
    if not flat and gateway is None:
        return
    number = gateway.vlan if gateway is not None and gateway.vlan else plane_vlan(design.spec, "management")
    name = f"Vlan{number}"
    db.setdefault("VLAN", {})[name] = {"vlanid": str(number), "description": "management plane"}
    bridged = [
        port
        for port in data_ports(switch)
        if port.use != "gateway" and port.address is None and (flat or port.use in ("host", "controller"))
    ]
    untagged: dict[str, str | list[str]] = {"tagging_mode": "untagged"}
    if bridged:
        db["VLAN_MEMBER"] = {f"{name}|{port.name}": untagged for port in bridged}
    address = gateway.address if gateway is not None else switch.management
    own = db.setdefault("VLAN_INTERFACE", {})
    own[name] = EMPTY
    if address is None:
        return
    own[f"{name}|{address}"] = EMPTY
    six = Six.of(design.plane("management"))
    if six is not None:
        own[f"{name}|{six.address(address)}"] = EMPTY
    if gateway is not None:
        db["VLAN"][name]["dhcp_servers"] = [design.controller.ip]
