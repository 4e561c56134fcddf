"""Expectations: what the checks must find on each device, as plain JSON. Written here, read by ``verify``.

Every device::

    device, kind ("server" | "switch"), management (address), simulated
    files      {path: text as rendered}
    ports      {name: {plane, use, rail, rdma, address "a.b.c.d/n", gateway, table, mtu, mac, speed_gbps,
               neighbour {device, port, lldp}}}: all cabled ports; null where it does not apply.
               ``link_layer`` is there on servers: "Ethernet" or "InfiniBand" where the port has RDMA
               ``lldp`` is false where the far end does not speak LLDP (a BMC, the controller, an appliance);
               ``vrf`` is there where a switch's port is in one

A server adds::

    role, sku, group, unit, gpus, gpu_product, nics (count of cabled ports), lock (name)
    bmc        {address, serial, mac}
    routes     [{table ("101", ..., "main"), dst ("default" | prefix), via, dev}]: ours, not the kernel's own
    rules      [{from, table, priority}], those of pods with {to, action ("prohibit")}, too
    rdma       {plane: [device, ...]}
    nccl       {sha256, text} | null
    pods       address of the bridge of pods: on nodes of Kubernetes only, where planes route them
    virtual    address of Kubernetes' API that this server may have: on control-plane servers only
    kubernetes {control, kubelet (configuration), nri}: on nodes of Kubernetes only
    sharing    how GPUs are divided, on GPU servers of Kubernetes only: {mode ("on" | "off" | "dynamic"),
               partitions [{profile, id, start, size}], compute_modes} or, AMD's, {compute, memory, parts}
    storage    {volume, mount, servers [address], plane "storage", sources [own addresses]} | null

A switch adds::

    fabric, tier, model, nos, asn, loopback
    sessions   [{port, device, asn}]: BGP over that port with that neighbour; ``peer``, its address, on
               numbered links, where BGP knows it by that and not by the port
    rules      [{iif, from, to, table ("main") | null, action ("prohibit") | null, priority}]: edge rules
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from rackwright.gpu_sharing.host import host
from rackwright.kubernetes.expectation import expectation
from rackwright.locks import load_lock
from rackwright.models.design import Design, Nic, Server, Switch
from rackwright.render import pods
from rackwright.render.host import RULE_PRIORITY, host_routes
from rackwright.render.nccl import ROWS
from rackwright.render.nos.edge import edge_rules
from rackwright.render.nos.peers import peers_of
from rackwright.render.wiring import Wiring

Json = dict[str, Any]
_SILENT = ("bmc",)
"""Port names whose owner does not speak LLDP."""


def _neighbour(device: str, port: str, wiring: Wiring) -> Json | None:
    far = wiring.neighbour(device, port)
    if far is None:
        return None
    known = far.device in wiring.servers or far.device in wiring.switches
    return {"device": far.device, "port": far.port, "lldp": known and far.port not in _SILENT}


def _link_layer(nic: Nic, design: Design) -> str | None:
    """As an RDMA port calls it."""
    if nic.rdma is None:
        return None
    fabric = design.plane(nic.plane).fabric
    kind = next(each.kind for each in design.fabrics if each.name == fabric)
    return "InfiniBand" if kind == "infiniband" else "Ethernet"


def server_expectation(server: Server, files: dict[str, str], design: Design, wiring: Wiring) -> Json:
    """What must be found on a server."""
    files = _put_there(files, design)
    routes, rules = [], []
    for nic in server.nics:
        first = server.on(nic.plane)[0] is nic
        routes += [
            {
                "table": "main" if route.table is None else str(route.table),
                "dst": route.destination or "default",
                "via": nic.gateway,
                "dev": nic.name,
            }
            for route in host_routes(nic, design)
            if first or route.table is not None
        ]
        if nic.table is not None:
            row = {"from": nic.address.ip, "table": str(nic.table), "priority": RULE_PRIORITY + nic.table}
            rules.append(row)
        rules += _pod_rules(nic, design)
    nccl = files.get("/etc/nccl.conf")
    rdma: dict[str, list[str]] = {}
    for nic in server.nics:
        if nic.rdma:
            rdma.setdefault(nic.plane, []).append(nic.rdma)
    return {
        "device": server.name,
        "kind": "server",
        "management": server.management.address.ip,
        "simulated": design.spec.physical.simulated,
        "files": files,
        "ports": {
            nic.name: {
                "plane": nic.plane,
                "use": None,
                "rail": nic.rail,
                "rdma": nic.rdma,
                "address": str(nic.address),
                "gateway": nic.gateway,
                "table": nic.table,
                "mtu": nic.mtu,
                "mac": nic.mac,
                "speed_gbps": nic.speed_gbps,
                "link_layer": _link_layer(nic, design),
                "neighbour": _neighbour(server.name, nic.name, wiring),
            }
            for nic in server.nics
        },
        "role": server.role,
        "sku": server.sku,
        "group": server.group,
        "unit": server.unit,
        "gpus": server.gpus,
        "gpu_product": server.gpu_product,
        "nics": len(server.nics),
        "lock": design.spec.lock,
        "bmc": {"address": server.bmc.address.ip, "serial": server.bmc.serial, "mac": server.bmc.mac},
        "routes": routes,
        "rules": rules,
        "rdma": rdma,
        "nccl": {"sha256": hashlib.sha256(nccl.encode()).hexdigest(), "text": nccl} if nccl else None,
        "storage": _storage(server, design, wiring),
        **({"pods": bridge} if (bridge := pods.bridge(server, design)) else {}),
        **({"virtual": address} if (address := _virtual(server, design)) else {}),
        **({"kubernetes": node} if (node := expectation(server, design)) else {}),
        **({"sharing": sharing} if (sharing := _sharing(server, design)) else {}),
    }


def _virtual(server: Server, design: Design) -> str | None:
    made = design.kubernetes
    if made is None or made.endpoint != "virtual" or server.role != "control-plane":
        return None
    return made.host


def _sharing(server: Server, design: Design) -> Json | None:
    """How its GPUs are divided."""
    group = design.kubernetes.group(server.group) if design.kubernetes else None
    return host(group).plain() if group and server.gpus else None


def _pod_rules(nic: Nic, design: Design) -> list[Json]:
    """What the port of a node's address says of its pods (:mod:`rackwright.render.pods`)."""
    found = pods.of_nic(nic, design)
    if found is None:
        return []
    off: list[Json] = [
        {"from": found.own, "to": plane, "action": "prohibit", "priority": pods.OFF} for plane in found.off
    ]
    return [*off, {"to": found.own, "table": "main", "priority": pods.OWN}]


def _put_there(files: dict[str, str], design: Design) -> dict[str, str]:
    """The files that a role writes: a library's settings come with it, and not without."""
    rows = load_lock(design.spec.lock).rows
    return {path: text for path, text in files.items() if path not in ROWS or ROWS[path] in rows}


def _storage(server: Server, design: Design, wiring: Wiring) -> Json | None:
    """The mount, on GPU servers only: they are the clients."""
    tier = design.spec.storage
    if tier is None or server.role != "gpu" or not server.on("storage"):
        return None
    return {
        "volume": tier.volume,
        "mount": tier.mount,
        "servers": wiring.storage,
        "plane": "storage",
        "sources": [nic.address.ip for nic in server.on("storage")],
    }


def switch_expectation(switch: Switch, files: dict[str, str], design: Design, wiring: Wiring) -> Json:
    """What must be found on a switch."""
    sessions = [
        {"port": peer.port, "device": peer.device, "asn": peer.asn}
        | ({"peer": peer.address} if peer.address else {})
        for peer in peers_of(switch, wiring)
    ]
    rules = [rule for port in switch.ports for rule in edge_rules(switch, port, design) if not rule.six]
    return {
        "device": switch.name,
        "kind": "switch",
        "management": switch.management.ip,
        "simulated": design.spec.physical.simulated,
        "files": files,
        "ports": {
            port.name: {
                "plane": port.plane,
                "use": port.use,
                "rail": switch.rail if port.use == "host" else None,
                "rdma": None,
                "address": str(port.address) if port.address else None,
                "gateway": None,
                "table": None,
                "mtu": port.mtu,
                "mac": None,
                "speed_gbps": port.speed_gbps,
                "neighbour": _neighbour(switch.name, port.name, wiring),
            }
            | ({"vrf": port.vrf} if port.vrf else {})
            for port in switch.ports
        },
        "fabric": switch.fabric,
        "tier": switch.tier,
        "model": switch.model,
        "nos": switch.nos,
        "asn": switch.asn,
        "loopback": switch.loopback.ip if switch.loopback else None,
        "sessions": sessions,
        "rules": [
            {
                "iif": rule.iif,
                "from": rule.source,
                "to": rule.to,
                "table": "main" if rule.to else None,
                "action": None if rule.to else "prohibit",
                "priority": rule.priority,
            }
            for rule in rules
        ],
    }


def as_json(expectation: Json) -> str:
    """Stable text: the same design gives the same bytes."""
    return orjson.dumps(expectation, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"
