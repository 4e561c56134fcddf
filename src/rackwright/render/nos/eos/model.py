"""Model: a switch in pyavd's words, in two parts: what is the same on many switches, and what fills it.

Values that differ from switch to switch are holes in the frame: made-up names and addresses of the ranges for
documentation (RFC 5737, RFC 3849) that stand nowhere else. So a frame is rendered once for all its switches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rackwright.models.design import Design, Switch
from rackwright.render.nos.eos.access import lists
from rackwright.render.nos.eos.bgp import bgp, sessions
from rackwright.render.nos.eos.interfaces import bridge, interfaces
from rackwright.render.nos.eos.qos import qos
from rackwright.render.nos.upward import trunk_six
from rackwright.render.wiring import Wiring

Json = dict[str, Any]
HOSTNAME, MANAGEMENT, GATEWAY, LOOPBACK, LOOPBACK_IP, LOOPBACK6, ASN = (
    "hole-hostname",
    "203.0.113.250/25",
    "203.0.113.248",
    "203.0.113.251/32",
    "203.0.113.251",
    "2001:db8:ffff::251/128",
    "4294967291",
)
LLDP_SECONDS = 10


@dataclass(slots=True)
class Model:
    """A switch. ``frame`` has no Ethernet interfaces and no BGP sessions: they are listed beside it."""

    frame: Json
    fills: dict[str, str] = field(default_factory=dict)
    """Text by hole."""
    ports: list[Json] = field(default_factory=list)
    """Rows of pyavd's ``ethernet_interfaces``."""
    unnumbered: list[Json] = field(default_factory=list)
    """Rows of ``router_bgp.neighbor_interfaces``."""
    numbered: list[Json] = field(default_factory=list)
    """Rows of ``router_bgp.neighbors``."""


def model(switch: Switch, design: Design, wiring: Wiring) -> Model:
    """Everything about a switch."""
    frame: Json = {
        "hostname": HOSTNAME,
        "service_routing_protocols_model": "multi-agent",
        "lldp": {"run": True, "timer": LLDP_SECONDS},
        "spanning_tree": {"mode": "none" if switch.asn is not None else "rstp"},
    }
    made = Model(frame, {HOSTNAME: switch.name})
    _site(made, switch, design)
    interfaces(made.ports, switch, design, wiring)
    bridge(frame, made.ports, made.fills, switch, design, wiring)
    if switch.asn is not None and switch.loopback is not None:
        made.fills |= {ASN: str(switch.asn), LOOPBACK: str(switch.loopback), LOOPBACK_IP: switch.loopback.ip}
        loopback = {"name": "Loopback0", "ip_address": LOOPBACK}
        six = trunk_six(switch, design)
        if six is not None:
            loopback["ipv6_address"] = LOOPBACK6
            made.fills[LOOPBACK6] = six.address(switch.loopback)
        frame["loopback_interfaces"] = [loopback]
        bgp(frame, switch, design, wiring, ASN, LOOPBACK_IP)
        made.unnumbered, made.numbered = sessions(switch, design, wiring)
        lists(frame, switch, design)
    contract = next((plane.roce for plane in design.planes if plane.fabric == switch.fabric), None)
    if contract is not None:
        qos(frame, made.ports, contract, switch)
    row = next(fabric for fabric in design.fabrics if fabric.name == switch.fabric)
    if row.adaptive_routing:
        frame["ip_hardware"] = {"fib": {"load_balance_distribution": {"dynamic": {"enabled": True}}}}
    return made


def _site(made: Model, switch: Switch, design: Design) -> None:
    """Management port and VRF, clock, resolvers."""
    frame, site = made.frame, design.spec.site
    wired = any(port.use == "management" for port in switch.ports)
    table = "mgmt" if wired else "default"
    servers = site.ntp or [design.controller.ip]
    frame["ntp"] = {"servers": [{"name": server, "iburst": True} for server in servers]}
    if site.dns:
        own = {"name": table, "servers": [{"ip_address": server} for server in site.dns]}
        frame["ip_name_server"] = {"vrfs": [own]}
    if not wired:
        return
    made.fills[MANAGEMENT] = str(switch.management)
    frame["ntp"] |= {"vrf": table, "local_interface": {"name": "Management1"}}
    frame["lldp"] |= {"management_address": "Management1", "vrf": table}
    frame["vrfs"] = [{"name": table, "ip_routing": False}]
    frame["management_interfaces"] = [{"name": "Management1", "vrf": table, "ip_address": MANAGEMENT}]
    frame["management_ssh"] = {"vrfs": [{"name": table, "enable": True}]}
    gateway = getattr(switch, "gateway", None)
    if gateway:
        frame["static_routes"] = [{"prefix": "0.0.0.0/0", "vrf": table, "next_hop": GATEWAY}]
        made.fills[GATEWAY] = gateway
