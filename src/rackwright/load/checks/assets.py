"""The asset list against the cluster: devices that are designed, ports that they have."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.design.build import design
from rackwright.design.places import places
from rackwright.design.pools import shortages
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document
from rackwright.load.secrecy import show_key
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Asset, Tables


def check_assets(doc: Document, listed: Mapping[str, Asset], spec: ClusterSpec, tables: Tables) -> None:
    """A name that the design does not have would be an address that nobody ever checks."""
    servers = {place.name: place.sku for place in places(spec, tables)}
    others = _others(spec, tables) if set(listed) - set(servers) else {}
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


def _others(spec: ClusterSpec, tables: Tables) -> dict[str, frozenset[str]]:
    """Switches and appliances, with the ports whose MAC address may stand here; nothing where the cluster
    does not fit, which is said elsewhere."""
    if shortages(spec, tables):
        return {}
    made = design(spec, tables)
    found = {cable.z.device: frozenset[str]() for cable in made.cables}
    return found | {switch.name: frozenset({"eth0"}) for switch in made.switches}


def _near(name: str, servers: Mapping[str, object]) -> str:
    """The nearest name among those that begin alike: a list of thousands of names is slow to compare with."""
    alike = [known for known in servers if known[:2] == name[:2]][:500]
    return did_you_mean(name, alike or list(servers)[:500])
