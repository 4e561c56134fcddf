"""Variables of role ``host_network``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About
from rackwright.render.host_roce import FOLLOW, SCRIPT, UNIT
from rackwright.render.nccl import NCCL, RCCL

OTHERS = frozenset({FOLLOW, NCCL, RCCL, SCRIPT, UNIT})
"""Rendered files that other roles own."""


def variables(about: About) -> dict[str, Any]:
    """The server's files, and what the kernel must then hold."""
    server = about.server
    return {
        "host_network_files": {
            path: text for path, text in sorted(about.rendered.items()) if path not in OTHERS
        },
        "host_network_management": server.management.name,
        "host_network_ports": {
            nic.name: {"address": str(nic.address), "mtu": nic.mtu} for nic in server.nics
        },
        "host_network_routes": list(about.expected["routes"]),
        # The module reads back the tables of ports; pods' rules have none and are read by `verify`.
        "host_network_rules": [rule for rule in about.expected["rules"] if "to" not in rule],
    }
