"""Switch: every file of a switch that runs FRR on Linux."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Design, Switch
from rackwright.render.nos.edge import edge_rules
from rackwright.render.templates import template
from rackwright.render.wiring import Wiring

BRIDGE = "br0"
MAXIMUM_PATHS = 64
"""Equal paths that FRR installs: as many as a leaf may have spines."""


@dataclass(frozen=True, slots=True)
class PortView:
    """What a template sees of a port."""

    name: str
    description: str
    address: str | None
    mtu: int


def files(switch: Switch, design: Design, wiring: Wiring) -> dict[str, str]:
    """Absolute path to text. The management port is first boot's (ZTP) and is not written here."""
    oob = switch.tier == "oob"
    data = [port for port in switch.ports if port.use != "management"]
    views = [
        PortView(
            port.name,
            wiring.describe(switch.name, port.name),
            str(port.address) if port.address else None,
            port.mtu,
        )
        for port in data
    ]
    prefixes = [plane.prefix for plane in design.planes if plane.fabric == switch.fabric]
    made = {
        "/etc/frr/frr.conf": template("nos/frr/frr.conf.j2").render(
            switch=switch,
            prefixes=prefixes,
            ports=views,
            sessions=[port.name for port in data if port.use in ("uplink", "downlink")],
            maximum_paths=MAXIMUM_PATHS,
        ),
        "/etc/frr/daemons": template("nos/frr/daemons.j2").render(switch=switch),
        "/etc/lldpd.d/rackwright.conf": template("nos/frr/lldpd.conf.j2").render(
            switch=switch, pattern="swp*" if oob else "eth0,swp*"
        ),
        "/etc/sysctl.d/90-rackwright.conf": template("nos/frr/sysctl.conf.j2").render(routed=not oob),
        "/etc/systemd/networkd.conf.d/90-rackwright.conf": template("nos/frr/networkd.conf.j2").render(),
    }
    port_template = template("nos/frr/port.network.j2")
    for port, view in zip(data, views, strict=True):
        made[f"/etc/systemd/network/10-{port.name}.network"] = port_template.render(
            port=view, bridge=BRIDGE if oob else None, rules=edge_rules(switch, port, design)
        )
    if oob:
        mtu = design.plane("management").mtu
        made[f"/etc/systemd/network/10-{BRIDGE}.netdev"] = template("nos/frr/bridge.netdev.j2").render(
            bridge=BRIDGE
        )
        made[f"/etc/systemd/network/10-{BRIDGE}.network"] = template("nos/frr/bridge.network.j2").render(
            bridge=BRIDGE, switch=switch, mtu=mtu
        )
    return made
