"""The asset list against the cluster: servers that are designed, ports that their SKU has."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.design.places import places
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document
from rackwright.load.secrecy import show_key
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Asset, Tables


def check_assets(doc: Document, listed: Mapping[str, Asset], spec: ClusterSpec, tables: Tables) -> None:
    """A name that the design does not have would be an address that nobody ever checks."""
    servers = {place.name: place.sku for place in places(spec, tables)}
    for name, asset in listed.items():
        sku = servers.get(name)
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


def _near(name: str, servers: Mapping[str, object]) -> str:
    """The nearest name among those that begin alike: a list of thousands of names is slow to compare with."""
    alike = [known for known in servers if known[:2] == name[:2]][:500]
    return did_you_mean(name, alike or list(servers)[:500])
