"""Interfaces: loopback, routed ports, VLAN sub-interfaces of shared ports."""

from __future__ import annotations

from rackwright.design.ipv6 import Six
from rackwright.models.design import Design, Switch, SwitchPort
from rackwright.render.nos.sonic.ports import data_ports
from rackwright.render.nos.sonic.tables import EMPTY, Db, Row
from rackwright.render.nos.sonic.vrf import vrf_name
from rackwright.render.nos.upward import trunk_six

LOOPBACK = "Loopback0"
UNNUMBERED: Row = {"ipv6_use_link_local_only": "enable"}


def interfaces(db: Db, switch: Switch, design: Design) -> None:
    """INTERFACE, VLAN_SUB_INTERFACE and LOOPBACK_INTERFACE."""
    six = {plane.name: Six.of(plane) for plane in design.planes}
    trunk = trunk_six(switch, design)
    if switch.loopback is not None:
        own = db["LOOPBACK_INTERFACE"] = {LOOPBACK: EMPTY, f"{LOOPBACK}|{switch.loopback}": EMPTY}
        if trunk is not None:
            own[f"{LOOPBACK}|{trunk.address(switch.loopback)}"] = EMPTY
    rows: dict[str, Row] = {}
    for port in data_ports(switch):
        if port.use in ("uplink", "downlink"):
            _add(rows, port.name, port, None if port.address else UNNUMBERED, trunk)
        elif port.address is not None:
            _add(rows, port.name, port, None, six.get(port.plane) if port.plane else None)
    if rows:
        db["INTERFACE"] = rows
    tagged: dict[str, Row] = {}
    for port in switch.ports:
        if port.parent is not None and port.vlan is not None and port.use != "gateway":
            name = f"{port.parent}.{port.vlan}"
            row: Row = {"admin_status": "up"}
            _add(tagged, name, port, row, six.get(port.plane) if port.plane else None)
    if tagged:
        db["VLAN_SUB_INTERFACE"] = tagged


def _add(rows: dict[str, Row], name: str, port: SwitchPort, base: Row | None, six: Six | None) -> None:
    row = base or EMPTY
    if port.vrf is not None:
        row = {**row, "vrf_name": vrf_name(port.vrf)}
    rows[name] = row
    if port.address is not None:
        rows[f"{name}|{port.address}"] = EMPTY
        if six is not None:
            rows[f"{name}|{six.address(port.address)}"] = EMPTY
