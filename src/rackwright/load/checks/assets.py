"""The asset list against the cluster: devices that are designed, ports that they have."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.design.build import design
from rackwright.design.places import places
from rackwright.design.pools import shortages
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document
from rackwright.load.secrecy import show_key
from rackwright.models.design import Design
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Asset, Tables


def check_assets(doc: Document, listed: Mapping[str, Asset], spec: ClusterSpec, tables: Tables) -> None:
    """A name that the design does not have would be an address that nobody ever checks."""
    servers = {place.name: place.sku for place in places(spec, tables)}
    guids = any(asset.guids for asset in listed.values())
    made = _made(spec, tables) if guids or set(listed) - set(servers) else None
    others = _others(made) if made else {}
    if made and guids:
        _check_guids(doc, listed, made)
    for name, asset in listed.items():
        sku = servers.get(name)
        if sku is None and name in others:
            for port in sorted(set(asset.nics) - others[name]):
                found = f"port {show_key((), port)}"
                doc.say((name, "nics", port), "eth0, its management port", found=found, at_key=True)
            continue
        if sku is None:
            found = f"server {show_key((), name)}"
            doc.say((name,), "a server of this cluster", _near(name, servers), found=found, at_key=True)
            continue
        ports = {slot.name for slot in sku.nics}
        for port in asset.nics:
            if port not in ports:
                found = f"port {show_key((), port)}"
                hint = did_you_mean(port, ports)
                doc.say((name, "nics", port), f"a port of {sku.name}", hint, found=found, at_key=True)


def _made(spec: ClusterSpec, tables: Tables) -> Design | None:
    """The design; None where the cluster does not fit, which is said elsewhere."""
    return None if shortages(spec, tables) else design(spec, tables)


def _others(made: Design) -> dict[str, frozenset[str]]:
    """Switches and appliances, with the ports whose MAC address may stand here."""
    found = {cable.z.device: frozenset[str]() for cable in made.cables}
    return found | {switch.name: frozenset({"eth0"}) for switch in made.switches}


def _check_guids(doc: Document, listed: Mapping[str, Asset], made: Design) -> None:
    """Each GUID is one of an InfiniBand port of this cluster: else a manager's list would never have it."""
    fabrics = {fabric.name for fabric in made.fabrics if fabric.kind == "infiniband"}
    planes = {plane.name for plane in made.planes if plane.fabric in fabrics}
    known = {
        server.name: {nic.rdma or nic.name for nic in server.nics if nic.plane in planes}
        for server in made.servers
    }
    servers = frozenset(known)
    for cable in made.cables:
        if cable.fabric in fabrics and cable.kind == "host-leaf" and cable.z.device not in servers:
            known.setdefault(cable.z.device, set()).add(cable.z.port)  # an appliance's
    known |= {switch.name: {"switch"} for switch in made.switches if switch.fabric in fabrics}
    for name, asset in listed.items():
        ports = known.get(name, set())
        for port in sorted(set(asset.guids) - ports):
            found = f"InfiniBand port {show_key((), port)}"
            expected = f"an InfiniBand port of {name}" if ports else "no guids: it is on no InfiniBand fabric"
            doc.say(
                (name, "guids", port),
                expected,
                did_you_mean(port, ports) if ports else "",
                found=found,
                at_key=True,
            )


def _near(name: str, servers: Mapping[str, object]) -> str:
    """The nearest name among those that begin alike: a list of thousands of names is slow to compare with."""
    alike = [known for known in servers if known[:2] == name[:2]][:500]
    return did_you_mean(name, alike or list(servers)[:500])
