"""Network: the systemd-networkd files of an FRR switch: ports, bridges, VLANs, VRFs and their tunnels.

Text is put together by hand: a switch has up to 256 ports, and a template for each took most of the time.
"""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.models.design import Design, Switch, SwitchPort, Vrf
from rackwright.render.nos.edge import EdgeRule, edge_rules
from rackwright.render.nos.peers import vrfs_of
from rackwright.render.templates import template
from rackwright.render.wiring import Wiring

BRIDGE = "br0"
FOLDER = "/etc/systemd/network"
MANAGEMENT_VRF, MANAGEMENT_TABLE = "mgmt", 1000
"""Of eth0, where planes have VRFs; no other table has this number (design/vrfs.py begins at 10000)."""
_EVERYTHING, _LAST = ("0.0.0.0/0", "::/0"), 4_278_198_272
"""Metric as the kernel's documentation has it: FRR reads it as distance 255, the worst."""
VXLAN_OVERHEAD = 50
"""Bytes that VXLAN over IPv4 adds to a packet (RFC 7348: outer Ethernet, IPv4, UDP and VXLAN headers)."""


def network_files(switch: Switch, design: Design, wiring: Wiring, isolated: bool) -> dict[str, str]:
    """Absolute path to text. ``isolated``: by VRF."""
    made: dict[str, str] = {}
    if isolated:
        made |= _management_vrf()
        for vrf in vrfs_of(switch, design):
            made |= _vrf_files(vrf, switch)
    oob = switch.tier == "oob"
    gateways = [port for port in switch.ports if port.use == "gateway"]
    children: dict[str, list[str]] = {}
    for port in switch.ports:
        if port.parent is not None and port.use != "gateway":
            children.setdefault(port.parent, []).append(port.name)
    for port in switch.ports:
        if port.use in ("management", "gateway"):
            continue
        bridged = oob or (bool(gateways) and port.address is None and port.use in ("host", "controller"))
        made[f"{FOLDER}/10-{port.name}.network"] = _port(
            port,
            describe(switch, port, wiring),
            edge_rules(switch, port, design),
            bridged,
            children.get(port.name, ()),
        )
        if port.parent is not None:
            made[f"{FOLDER}/10-{port.name}.netdev"] = (
                f"# Written by rackwright: VLAN {port.vlan} of {port.parent}.\n"
                f"[NetDev]\nName={port.name}\nKind=vlan\nMTUBytes={port.mtu}\n\n[VLAN]\nId={port.vlan}\n"
            )
    if oob or gateways:
        made[f"{FOLDER}/10-{BRIDGE}.netdev"] = template("nos/frr/bridge.netdev.j2").render(bridge=BRIDGE)
        made[f"{FOLDER}/10-{BRIDGE}.network"] = template("nos/frr/bridge.network.j2").render(
            bridge=BRIDGE, switch=switch, mtu=design.plane("management").mtu, routed=bool(gateways)
        )
    return made


def describe(switch: Switch, port: SwitchPort, wiring: Wiring) -> str:
    """What a port is for, in words."""
    if port.use == "gateway":
        return f"gateway of the {port.plane} plane"
    if port.parent is not None:
        return f"{wiring.describe(switch.name, port.parent)} vlan {port.vlan}"
    return wiring.describe(switch.name, port.name)


def _port(
    port: SwitchPort, description: str, rules: Iterable[EdgeRule], bridged: bool, vlans: Iterable[str]
) -> str:
    """The .network file of a data port or VLAN sub-interface."""
    lines = [
        f"# Written by rackwright: {description}",
        "[Match]",
        f"Name={port.name}",
        "",
        "[Link]",
        f"MTUBytes={port.mtu}",
        "RequiredForOnline=no",
        "",
        "[Network]",
    ]
    if bridged:
        lines += [f"Bridge={BRIDGE}", "LinkLocalAddressing=no", "IPv6AcceptRA=no"]
    else:
        lines += [
            "# FRR owns the addresses and routes of this port; networkd must leave them alone.",
            "KeepConfiguration=yes",
            "# The edge rules are there before the host is: a port without a link is configured, too.",
            "ConfigureWithoutCarrier=yes",
            "LinkLocalAddressing=ipv6",
            "IPv6AcceptRA=no",
        ]
        if port.vrf is not None:
            lines.append(f"VRF={port.vrf}")
        lines += [f"VLAN={name}" for name in vlans]
    for rule in rules:
        lines += ["", "[RoutingPolicyRule]", f"IncomingInterface={port.name}"]
        if rule.six:
            lines.append("Family=ipv6")
        if rule.to is not None:
            lines += [f"From={rule.source}", f"To={rule.to}", "Table=main"]
        else:
            lines += [*([] if rule.six else ["Family=ipv4"]), "Type=prohibit"]
        lines.append(f"Priority={rule.priority}")
    lines.append("")
    return "\n".join(lines)


def _management_vrf() -> dict[str, str]:
    """eth0 in a VRF of its own. First boot wrote eth0's file (``10-eth0.network``); this adds to it."""
    return {
        f"{FOLDER}/05-{MANAGEMENT_VRF}.netdev": (
            "# Written by rackwright: management apart from every plane.\n"
            f"[NetDev]\nName={MANAGEMENT_VRF}\nKind=vrf\n\n[VRF]\nTable={MANAGEMENT_TABLE}\n"
        ),
        f"{FOLDER}/05-{MANAGEMENT_VRF}.network": _up(MANAGEMENT_VRF),
        f"{FOLDER}/10-eth0.network.d/10-vrf.conf": (
            f"# Written by rackwright.\n[Network]\nVRF={MANAGEMENT_VRF}\n"
        ),
    }


def _vrf_files(vrf: Vrf, switch: Switch) -> dict[str, str]:
    """A VRF, the tunnel of its layer 3 VNI and the bridge that is the tunnel's routed interface."""
    assert switch.loopback is not None  # noqa: S101 - a switch with VRFs routes
    tunnel, bridge = f"vni{vrf.vni}", f"br{vrf.vni}"
    mtu = max(port.mtu for port in switch.ports) - VXLAN_OVERHEAD
    return {
        f"{FOLDER}/05-{vrf.name}.netdev": (
            f"# Written by rackwright: {vrf.plane} plane{f' of {vrf.tenant}' if vrf.tenant else ''}.\n"
            f"[NetDev]\nName={vrf.name}\nKind=vrf\n\n[VRF]\nTable={vrf.table}\n"
        ),
        f"{FOLDER}/05-{vrf.name}.network": _up(vrf.name) + "".join(_ends(prefix) for prefix in _EVERYTHING),
        f"{FOLDER}/06-{tunnel}.netdev": (
            f"# Written by rackwright: carries VRF {vrf.name} between switches; EVPN fills its tables.\n"
            f"[NetDev]\nName={tunnel}\nKind=vxlan\nMTUBytes={mtu}\n\n[VXLAN]\nVNI={vrf.vni}\n"
            f"Local={switch.loopback.ip}\nDestinationPort=4789\nMacLearning=no\nIndependent=yes\n"
        ),
        f"{FOLDER}/06-{tunnel}.network": (
            f"# Written by rackwright.\n[Match]\nName={tunnel}\n\n[Link]\nRequiredForOnline=no\n\n"
            f"[Network]\nBridge={bridge}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n\n"
            "[Bridge]\nLearning=no\nNeighborSuppression=yes\n"
        ),
        f"{FOLDER}/06-{bridge}.netdev": (
            f"# Written by rackwright: routed interface of VNI {vrf.vni}.\n"
            f"[NetDev]\nName={bridge}\nKind=bridge\nMTUBytes={mtu}\n\n[Bridge]\nForwardDelaySec=0\nSTP=no\n"
        ),
        f"{FOLDER}/06-{bridge}.network": _up(bridge, f"VRF={vrf.name}\n"),
    }


def _ends(prefix: str) -> str:
    """Last route of a VRF: without it the kernel goes on to the main table, out of the VRF (vrf.rst)."""
    return f"\n[Route]\nDestination={prefix}\nType=unreachable\nMetric={_LAST}\n"


def _up(name: str, network: str = "") -> str:
    """An interface without addresses of its own, up whether or not anything is in it."""
    return (
        f"# Written by rackwright.\n[Match]\nName={name}\n\n[Link]\nRequiredForOnline=no\n\n"
        f"[Network]\n{network}KeepConfiguration=yes\nConfigureWithoutCarrier=yes\nLinkLocalAddressing=no\n"
        "IPv6AcceptRA=no\n"
    )
