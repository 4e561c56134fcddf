"""Variables of role ``api_address``."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from rackwright.inventory.about import About
from rackwright.models.kubernetes_design import API_PORT

HIGHEST = 250
"""Priority of the first control-plane server; one less for each after it."""


def variables(about: About) -> dict[str, Any]:
    """The address, and who holds it before whom: the server that begins comes first."""
    made = about.design.kubernetes
    if made is None:
        return {}
    names = [node.name for node in made.control]
    at = {
        server.name: server.management.address.ip for server in about.design.servers if server.name in names
    }
    here = names.index(about.server.name)
    return {
        "api_address_node": about.server.name,
        "api_address_address": made.host,
        "api_address_device": about.server.management.name,
        "api_address_own": at[about.server.name],
        "api_address_peers": [at[name] for name in names if name != about.server.name],
        "api_address_router": router(about.design.name),
        "api_address_priority": HIGHEST - here,
        "api_address_api": f"{made.control[here].address}:{API_PORT}",
        "api_address_port": API_PORT,
    }


def router(cluster: str) -> int:
    """VRRP's number, 1 to 255, by the cluster's name: two clusters on one network seldom share it, and do no
    harm where they do, as servers take nothing from strangers.

    >>> router("lab"), router("lab-kubernetes")
    (175, 149)
    """
    return crc32(cluster.encode()) % 255 + 1
