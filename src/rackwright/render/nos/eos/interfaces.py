"""Interfaces: routed ports, sub-interfaces of shared ports, and the out-of-band bridge."""

from __future__ import annotations

from typing import Any

from rackwright.design.ipv6 import Six
from rackwright.design.vrfs import plane_vlan
from rackwright.load.catalog import tables
from rackwright.models.design import Design, Switch
from rackwright.paths import home
from rackwright.render.nos.eos.access import access_groups
from rackwright.render.nos.upward import trunk_six
from rackwright.render.wiring import Wiring

Json = dict[str, Any]
MTU = 9214
"""The largest routed packet that EOS takes."""
_GBPS_A_LANE = 100
SVI, SVI6 = "203.0.113.249/26", "2001:db8:ffff::249/64"
"""Holes, as in ``model``: the address on the management plane's VLAN."""


def interfaces(ports: list[Json], switch: Switch, design: Design, wiring: Wiring) -> None:
    """Rows for every routed port; bridged ones and the management port are elsewhere."""
    six = {plane.name: Six.of(plane) for plane in design.planes}
    trunk = trunk_six(switch, design)
    cage = tables(home()).switches[switch.model]
    groups = access_groups(switch, design)
    elsewhere = {"management", "gateway", "controller", *bridged_uses(switch)}
    for port in switch.ports:
        if port.use in elsewhere:
            continue
        row: Json = {"name": port.name if port.parent is None else f"{port.parent}.{port.vlan}"}
        if port.parent is None:
            row["description"] = wiring.describe(switch.name, port.name)
            row |= {"shutdown": False, "mtu": min(port.mtu, MTU), "switchport": {"enabled": False}}
            if port.speed_gbps != cage.speed_gbps and cage.lanes > 1 and not cage.uplinks:
                row["speed"] = f"{port.speed_gbps}g-{max(1, port.speed_gbps // _GBPS_A_LANE)}"
        else:
            row["encapsulation_dot1q"] = {"vlan": port.vlan}
        if port.vrf is not None:
            row["vrf"] = port.vrf
        if port.address is not None:
            row["ip_address"] = str(port.address)
            both = six.get(port.plane) if port.plane is not None else trunk
            if both is not None:
                row["ipv6_address"] = both.address(port.address)
        if port.use in ("uplink", "downlink") and switch.asn is not None:
            row["ipv6_enable"] = True
        row |= groups.get(port.name, {})
        ports.append(row)


def bridged_uses(switch: Switch) -> tuple[str, ...]:
    """Uses of the ports in the out-of-band bridge: all of a flat switch, hosts' and the controller's of a
    routed one, none elsewhere."""
    if switch.tier == "oob":
        return ("host", "controller", "uplink", "downlink")
    return ("host", "controller") if any(port.use == "gateway" for port in switch.ports) else ()


def bridge(
    frame: Json, ports: list[Json], fills: dict[str, str], switch: Switch, design: Design, wiring: Wiring
) -> None:
    """The management plane's VLAN, its access ports, and the switch's (or the subnet's) address on it."""
    gateway = next((port for port in switch.ports if port.use == "gateway"), None)
    if switch.tier != "oob" and gateway is None:
        return
    number = gateway.vlan if gateway is not None and gateway.vlan else plane_vlan(design.spec, "management")
    frame["vlans"] = [{"id": number, "name": "management-plane"}]
    for port in switch.ports:
        if port.use in bridged_uses(switch):
            ports.append(
                {
                    "name": port.name,
                    "description": wiring.describe(switch.name, port.name),
                    "shutdown": False,
                    "switchport": {"enabled": True, "mode": "access", "access_vlan": number},
                }
            )
    address = gateway.address if gateway is not None else switch.management
    if address is None:
        return
    own: Json = {"name": f"Vlan{number}", "shutdown": False, "ip_address": SVI}
    fills[SVI] = str(address)
    six = Six.of(design.plane("management"))
    if six is not None:
        own["ipv6_address"] = SVI6
        fills[SVI6] = six.address(address)
    if gateway is not None:
        own["ip_helpers"] = [{"ip_helper": design.controller.ip}]
    frame["vlan_interfaces"] = [own]
