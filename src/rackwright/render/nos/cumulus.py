"""Switch: Cumulus Linux as one NVUE file, ``/etc/nvue.d/startup.yaml``.

Words as Cumulus Linux 5.15 and later have them (``state: enabled``, ``ipv4 address``, ``system ntp``):
https://docs.nvidia.com/networking-ethernet-software/cumulus-linux-515/Whats-New/New-and-Changed-NVUE-Commands/
"""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.design.ipv6 import Six
from rackwright.design.vrfs import plane_vlan
from rackwright.models.design import Design, FabricDesign, PlaneDesign, Switch, SwitchPort
from rackwright.models.spec import PlaneName
from rackwright.render.nos.cumulus_bgp import evpn_tree, router_tree, vrf_trees
from rackwright.render.nos.cumulus_qos import qos_tree
from rackwright.render.nos.peers import peers_of, relays
from rackwright.render.wiring import Wiring
from rackwright.render.yamltext import Tree, lines, scalar

PATH = "/etc/nvue.d/startup.yaml"
VERSION = "Cumulus Linux 5.15.0"
BRIDGE = "br_default"
BREAKOUTS = (2, 4, 8)
ON: Tree = {"state": "enabled"}


def files(switch: Switch, design: Design, wiring: Wiring) -> dict[str, str]:
    """Absolute path to text. The management port is in the file, too: NVUE owns the whole switch."""
    text = [
        "# Written by rackwright.",
        "- header:",
        f"    model: {scalar(switch.model.upper())}",
        "    nvue-api-version: nvue_v1",
        "    rev-id: 1.0",
        f"    version: {VERSION}",
        "- set:",
        *lines(startup(switch, design, wiring), 4),
    ]
    return {PATH: "\n".join(text) + "\n"}


def startup(switch: Switch, design: Design, wiring: Wiring) -> Tree:
    """What is below ``set``."""
    fabric = next(each for each in design.fabrics if each.name == switch.fabric)
    isolated = fabric.isolation == "vrf"
    peers = peers_of(switch, wiring)
    planes = {plane.name: plane for plane in design.planes if plane.fabric == switch.fabric}
    six = {name: found for name, plane in planes.items() if (found := Six.of(plane)) is not None}
    vlan = plane_vlan(design.spec, "management") if _bridged(switch) else None
    lossless = next((p.roce for p in planes.values() if p.roce and fabric.kind == "roce"), None)
    edge = {} if isolated or switch.tier != "leaf" else _edge(switch, planes, design)
    adaptive = fabric.adaptive_routing and switch.asn is not None
    made: Tree = {}
    if edge:
        made["acl"] = edge
    if vlan is not None:
        made["bridge"] = {"domain": {BRIDGE: {"type": "vlan-aware", "vlan": {str(vlan): {}}}}}
    if isolated:
        made |= evpn_tree(switch, design)
    extras = {
        port.name: _extras(port, edge, lossless is not None, adaptive)
        for port in switch.ports
        if port.parent is None
    }
    made["interface"] = _interfaces(switch, fabric, wiring, six, isolated, vlan, extras)
    if lossless is not None:
        made["qos"] = qos_tree(switch, lossless, wiring)
    if switch.asn is not None:
        made["router"] = router_tree(switch, design, peers, list(planes.values()), six, adaptive)
    if vlan is not None and relays(switch, design):
        made["service"] = {"dhcp-relay": {"default": _relay(design, vlan, switch)}}
    made["system"] = _system(switch, design)
    if switch.asn is not None:
        made["vrf"] = vrf_trees(switch, design, peers, list(planes.values()), six, isolated, wiring)
    return dict(sorted(made.items()))


def _bridged(switch: Switch) -> bool:
    return switch.tier == "oob" or any(port.use == "gateway" for port in switch.ports)


def _interfaces(
    switch: Switch,
    fabric: FabricDesign,
    wiring: Wiring,
    six: Mapping[PlaneName, Six],
    isolated: bool,
    vlan: int | None,
    extras: Mapping[str, Tree],
) -> Tree:
    made: Tree = {}
    if any(port.use == "management" for port in switch.ports):
        management: Tree = {"address": {str(switch.management): {}}}
        if switch.gateway is not None:
            management["gateway"] = {switch.gateway: {}}
        made["eth0"] = {"ipv4": management, "type": "eth", "vrf": "mgmt"}
    first = next(iter(six.values()), None) if not isolated else None
    if switch.loopback is not None:
        loopback: Tree = {"ipv4": {"address": {str(switch.loopback): {}}}}
        if first is not None:
            loopback["ipv6"] = {"address": {first.address(switch.loopback): {}}}
        made["lo"] = loopback | {"type": "loopback"}
    for cage, ways in _breakouts(switch, fabric).items():
        made[cage] = {"link": {"breakout": {f"{ways}x": {}}}, "type": "swp"}
    if vlan is not None:
        made[f"vlan{vlan}"] = _svi(switch, vlan)
    for port in switch.ports:
        if port.use not in ("management", "gateway"):
            trunk = first if port.plane is None else six.get(port.plane)
            made[port.name] = _port(switch, port, wiring, trunk, vlan) | extras.get(port.name, {})
    return made


def _svi(switch: Switch, vlan: int) -> Tree:
    """The routed interface of the bridge: the gateway of what is behind the switch or, on a flat network, its
    own address."""
    gateway = next((port.address for port in switch.ports if port.use == "gateway"), None)
    return {"ipv4": {"address": {str(gateway or switch.management): {}}}, "type": "svi", "vlan": vlan}


def _edge(switch: Switch, planes: Mapping[PlaneName, PlaneDesign], design: Design) -> Tree:
    """An ACL for each plane that has ports here: from its prefix to its prefix and to what it may reach."""
    made: Tree = {}
    here = {port.plane for port in switch.ports if port.use == "host" and port.address is not None}
    for name, plane in planes.items():
        if name not in here:
            continue
        rules: Tree = {}
        for number, other in enumerate((name, *plane.may_reach), 1):
            match: Tree = {"source-ip": plane.prefix, "dest-ip": design.plane(other).prefix}
            rules[str(number * 10)] = {"action": {"permit": {}}, "match": {"ip": match}}
        rules["1000"] = {"action": {"deny": {}}}
        made[f"EDGE-{name}"] = {"rule": rules, "type": "ipv4"}
    return made


def _relay(design: Design, vlan: int, switch: Switch) -> Tree:
    """DHCP requests of the management plane go on to the controller, up the fabric, with the port that they
    came in at (option 82): by it the server knows what is plugged in there."""
    up: Tree = {port.name: {} for port in switch.ports if port.use == "uplink"}
    group: Tree = {"server": {design.controller.ip: {}}, "upstream-interface": up}
    return {
        "agent": ON | {"use-pif-circuit-id": ON},
        "downstream-interface": {f"vlan{vlan}": {"server-group-name": "controller"}},
        "server-group": {"controller": group},
    }


def _system(switch: Switch, design: Design) -> Tree:
    site = design.spec.site
    made: Tree = {"hostname": switch.name}
    if site.dns:
        made["dns"] = {"server": {server: {} for server in site.dns}}
    servers = site.ntp or [design.controller.ip]
    return made | {
        "lldp": {"state": "enabled", "tx-hold-multiplier": 4, "tx-interval": 10},
        "ntp": {"server": {server: {"iburst": "enabled"} for server in servers}},
        "ssh-server": ON,
    }


def _extras(port: SwitchPort, edge: Tree, lossless: bool, adaptive: bool) -> Tree:
    """What a cabled port has beside addresses: its plane's ACL, the PFC watchdog, adaptive routing."""
    made: Tree = {}
    if port.use == "host" and f"EDGE-{port.plane}" in edge:
        made["acl"] = {f"EDGE-{port.plane}": {"inbound": {}}}
    if lossless and port.use in ("host", "uplink", "downlink"):
        made["qos"] = {"pfc-watchdog": {"state": "enable"}}
    if adaptive and port.use in ("uplink", "downlink"):
        made["router"] = {"adaptive-routing": ON}
    return made


def _port(switch: Switch, port: SwitchPort, wiring: Wiring, six: Six | None, vlan: int | None) -> Tree:
    row: Tree = {}
    if port.parent is not None:
        row |= {"base-interface": port.parent}
    elif vlan is not None and (switch.tier == "oob" or port.use in ("host", "controller")):
        row["bridge"] = {"domain": {BRIDGE: {"access": vlan}}}
    row["description"] = wiring.describe(switch.name, port.parent or port.name)
    if port.address is not None:
        row["ipv4"] = {"address": {str(port.address): {}}}
        if six is not None:
            row["ipv6"] = {"address": {six.address(port.address): {}}}
    row["link"] = {"mtu": port.mtu}
    row["type"] = "swp" if port.parent is None else "sub"
    if port.vlan is not None:
        row["vlan"] = port.vlan
    if port.vrf is not None:
        row["vrf"] = port.vrf
    return row


def _breakouts(switch: Switch, fabric: FabricDesign) -> dict[str, int]:
    """Ways of each split cage: NVUE wants it said on the cage, and ``swp7s1`` lies in ``swp7``. Not every
    part of a cage need be cabled, so the ways follow from the speeds."""
    cage_gbps = fabric.port_gbps * fabric.split
    found: dict[str, int] = {}
    for port in switch.ports:
        cage, split, part = port.name.partition(".")[0].removeprefix("swp").partition("s")
        if split and port.name.startswith("swp"):
            wanted = fabric.split if port.use == "host" else cage_gbps // port.speed_gbps
            least = max(wanted, int(part) + 1, found.get(f"swp{cage}", 2))
            found[f"swp{cage}"] = next(ways for ways in BREAKOUTS if ways >= least)
    return found
