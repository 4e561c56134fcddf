"""Containerlab: the Ethernet fabrics as a topology file (https://containerlab.dev/manual/topo-def-file/).

The out-of-band fabric is containerlab's own management network; InfiniBand has no containers. A cluster of
more devices than one machine holds gives its first scalable unit, with the leaves and spines that serve it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from rackwright.models.design import Cable, Design, Switch
from rackwright.models.spec import Nos
from rackwright.render.wiring import Wiring

_WHOLE = 300
"""Devices up to which the whole cluster is given."""
_FRR_IMAGE = "quay.io/frrouting/frr:10.3.1"
_HOST_IMAGE = "debian:trixie-slim"
_KINDS: dict[Nos, tuple[str, str]] = {
    # operating system: (containerlab's kind, image; empty: a licensed image that the site builds or loads)
    "frr": ("linux", _FRR_IMAGE),
    "cumulus": ("cvx", ""),
    "sonic": ("sonic-vs", "docker-sonic-vs:latest"),
    "eos": ("arista_ceos", "ceos:latest"),
}
_BINDS: dict[Nos, tuple[str, ...]] = {
    "frr": ("/etc/frr/frr.conf", "/etc/frr/daemons"),
    "cumulus": ("/etc/nvue.d/startup.yaml",),
    "sonic": ("/etc/sonic/config_db.json",),
    "eos": (),
}
"""Rendered files that the container gets in their place; EOS has a key of its own."""


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """One topology, to be started from the folder of rendered files; none without an Ethernet fabric."""
    fabrics = {fabric.name for fabric in design.fabrics if fabric.kind != "infiniband"}
    fabrics -= {plane.fabric for plane in design.planes if plane.name == "management"}
    chosen, what = _chosen(design, wiring, fabrics)
    cables = [
        cable
        for cable in design.cables
        if cable.fabric in fabrics and cable.a.device in chosen and cable.z.device in chosen
    ]
    if not cables:
        return {}
    management = next(plane.prefix for plane in design.planes if plane.name == "management")
    topology = {
        "name": design.name,
        "mgmt": {"network": f"{design.name}-management", "ipv4-subnet": management},
        "topology": {
            "nodes": {name: _node(name, wiring) for name in chosen},
            "links": [
                {"endpoints": [_end(c.a.device, c.a.port, wiring), _end(c.z.device, c.z.port, wiring)]}
                for c in cables
            ],
        },
    }
    head = f"# {what}\n# In the folder of the rendered files: containerlab deploy -t {design.name}.clab.yml\n"
    text = yaml.dump(topology, Dumper=yaml.CSafeDumper, sort_keys=False, width=200)
    return {f"{design.name}.clab.yml": head + text}


def _chosen(design: Design, wiring: Wiring, fabrics: set[str]) -> tuple[dict[str, None], str]:
    """Names of the devices that are given, in the design's order, and what they are in words."""
    switches = [switch for switch in design.switches if switch.fabric in fabrics]
    if len(design.servers) + len(switches) <= _WHOLE:
        names = [switch.name for switch in switches] + [server.name for server in design.servers]
        return dict.fromkeys(names), f"{design.name}: all Ethernet fabrics but out-of-band."
    unit = next(iter(sorted(wiring.units)), None)
    servers = list(wiring.units[unit])[:_WHOLE] if unit is not None else list(design.servers[:8])
    inside = {server.name for server in servers}
    for tier in ("leaf", "spine"):
        inside |= _above(tier, inside, design.cables, fabrics, wiring)
    names = [switch.name for switch in switches if switch.name in inside]
    names += [server.name for server in servers]
    what = f"{design.name}: unit {unit} with its leaves and spines, of {len(design.servers)} servers."
    return dict.fromkeys(names), what


def _above(
    tier: str, inside: set[str], cables: Iterable[Cable], fabrics: set[str], wiring: Wiring
) -> set[str]:
    """Switches of a tier that are cabled to what is inside; the A end is the upper one."""
    return {
        cable.a.device
        for cable in cables
        if cable.fabric in fabrics
        and cable.z.device in inside
        and cable.a.device in wiring.switches
        and wiring.switches[cable.a.device].tier == tier
    }


def _node(name: str, wiring: Wiring) -> dict[str, Any]:
    switch = wiring.switches.get(name)
    if switch is None:
        server = wiring.servers[name]
        return {"kind": "linux", "image": _HOST_IMAGE, "mgmt-ipv4": server.management.address.ip}
    kind, image = _KINDS[switch.nos]
    node: dict[str, Any] = {"kind": kind, "mgmt-ipv4": switch.management.ip}
    if image:
        node["image"] = image
    folder = f"devices/{name}"
    if binds := [f"{folder}{path}:{path}" for path in _BINDS[switch.nos]]:
        node["binds"] = binds
    if switch.nos == "eos":
        node["startup-config"] = f"{folder}/mnt/flash/startup-config"
    return node


def _end(device: str, port: str, wiring: Wiring) -> str:
    switch = wiring.switches.get(device)
    return f"{device}:{port if switch is None else _port(switch, port)}"


def _port(switch: Switch, port: str) -> str:
    """The container's name of a port: SONiC's image counts its links, EOS' cannot hold a slash."""
    if switch.nos == "sonic":
        data = [other.name for other in switch.ports if other.use != "management" and other.parent is None]
        return f"eth{data.index(port) + 1}"
    return port.replace("Ethernet", "eth").replace("/", "_") if switch.nos == "eos" else port
