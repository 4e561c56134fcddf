"""Switch: every file of a switch that runs FRR on Linux."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.ipv6 import Six
from rackwright.models.design import Design, Switch, SwitchPort
from rackwright.models.spec import PlaneName
from rackwright.render import pods
from rackwright.render.nos.frr_network import describe, network_files
from rackwright.render.nos.peers import (
    Peer,
    bfd_of,
    equal_paths,
    imports_of,
    peers_of,
    relays,
    route_target,
    vrfs_of,
)
from rackwright.render.templates import template
from rackwright.render.wiring import Wiring


@dataclass(frozen=True, slots=True)
class Group:
    """A peer group with its route-maps."""

    name: str
    inbound: str | None
    outbound: str | None


@dataclass(frozen=True, slots=True)
class VrfView:
    """What the template sees of a VRF. ``targets``: its own first; ``here``: VRFs of this switch to leak
    from, since EVPN brings only what other switches announce."""

    name: str
    vni: int
    six: bool
    targets: tuple[str, ...]
    here: tuple[str, ...]


def files(switch: Switch, design: Design, wiring: Wiring) -> dict[str, str]:
    """Absolute path to text. The management port is first boot's (ZTP) and is not written here."""
    bridged = any(port.use == "gateway" for port in switch.ports)
    oob = switch.tier == "oob"
    made = {
        "/etc/frr/frr.conf": frr_conf(switch, design, wiring),
        "/etc/frr/daemons": template("nos/frr/daemons.j2").render(
            switch=switch, bfd=switch.asn is not None and bfd_of(switch, design)
        ),
        "/etc/lldpd.d/rackwright.conf": template("nos/frr/lldpd.conf.j2").render(
            switch=switch, pattern="swp*" if oob or bridged else "eth0,swp*"
        ),
        "/etc/sysctl.d/90-rackwright.conf": template("nos/frr/sysctl.conf.j2").render(
            routed=not oob, vrf=_isolated(switch, design)
        ),
        "/etc/systemd/networkd.conf.d/90-rackwright.conf": template("nos/frr/networkd.conf.j2").render(),
    }
    if gateways := relays(switch, design):
        made["/etc/dnsmasq.d/rackwright-relay.conf"] = template("nos/frr/relay.conf.j2").render(
            gateways=gateways, server=design.controller.ip
        )
    return made | network_files(switch, design, wiring, _isolated(switch, design))


def frr_conf(switch: Switch, design: Design, wiring: Wiring) -> str:
    """FRR's integrated configuration."""
    peers = peers_of(switch, wiring)
    planes = [plane for plane in design.planes if plane.fabric == switch.fabric]
    sixes = {plane.name: six for plane in planes if (six := Six.of(plane)) is not None}
    first = sixes.get(planes[0].name) if planes else None
    six = first if not _isolated(switch, design) else None
    """Of links and the loopback; a VRF fabric's underlay is IPv4 only."""
    vrfs, inside = _vrfs(switch, design), pods.carried(switch, design)
    trunks = [port.address for port in switch.ports if port.address and port.use in ("uplink", "downlink")]
    return template("nos/frr/frr.conf.j2").render(
        switch=switch,
        prefixes=[*(plane.prefix for plane in planes), *([inside] if inside else [])],
        pods=[] if _isolated(switch, design) else pods.behind(switch, design, wiring),
        prefixes6=[plane.prefix6 for plane in planes if plane.prefix6],
        links=[address.network for address in trunks],
        links6=[six.network(address) for address in trunks] if six else [],
        loopback6=six.address(switch.loopback) if six and switch.loopback else None,
        interfaces="".join(_interface(switch, port, design, wiring, sixes, six) for port in switch.ports),
        groups=_groups(switch, peers),
        neighbours="\n".join(_neighbour(switch, peer) for peer in peers),
        middle=switch.tier == "spine" and any(peer.up for peer in peers),
        bfd=bfd_of(switch, design),
        vrf_isolation=_isolated(switch, design),
        vrfs=vrfs,
        leaks=any(vrf.here for vrf in vrfs),
        maximum_paths=equal_paths(switch, peers, wiring),
    )


def _isolated(switch: Switch, design: Design) -> bool:
    return any(fabric.name == switch.fabric and fabric.isolation == "vrf" for fabric in design.fabrics)


def _groups(switch: Switch, peers: list[Peer]) -> list[Group]:
    """FABRIC towards the leaves (or, on leaves, the spines); CORES on spines that have cores above."""
    if switch.tier == "leaf":
        return [Group("FABRIC", None, "TO-SPINES")]
    groups = [Group("FABRIC", None, None)]
    if switch.tier == "spine" and any(peer.up for peer in peers):
        groups.append(Group("CORES", "FROM-CORES", "TO-CORES"))
    return groups


def _neighbour(switch: Switch, peer: Peer) -> str:
    group = "CORES" if peer.up and switch.tier == "spine" else "FABRIC"
    kind = "" if peer.address else "interface "
    return f" neighbor {peer.name} {kind}peer-group {group}"


def _interface(
    switch: Switch,
    port: SwitchPort,
    design: Design,
    wiring: Wiring,
    sixes: dict[PlaneName, Six],
    trunk: Six | None,
) -> str:
    """The stanza of a port; addresses are FRR's business, everything below them networkd's."""
    if port.use == "management":
        return ""
    lines = [
        f"interface {port.name}",
        f" description {describe(switch, port, wiring)}",
    ]
    if port.address is not None:
        lines.append(f" ip address {port.address}")
        six = trunk if port.plane is None else sixes.get(port.plane)
        if six is not None:
            lines.append(f" ipv6 address {six.address(port.address)}")
    return "\n".join([*lines, "exit", "!", ""])


def _vrfs(switch: Switch, design: Design) -> list[VrfView]:
    mine = vrfs_of(switch, design)
    names = {vrf.name for vrf in mine}
    views = []
    for vrf in mine:
        others = imports_of(vrf, design)
        views.append(
            VrfView(
                vrf.name,
                vrf.vni,
                design.plane(vrf.plane).prefix6 is not None,
                tuple(route_target(each) for each in (vrf, *others)),
                tuple(other.name for other in others if other.name in names),
            )
        )
    return views
