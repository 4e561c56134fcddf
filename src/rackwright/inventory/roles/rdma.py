"""Variables of role ``rdma``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About

INBOX = "inbox"


def variables(about: About) -> dict[str, Any]:
    """The locked stack, and the devices that it must show."""
    row = about.lock.row("rdma")
    return {
        "rdma_flavour": row.flavour or INBOX,
        "rdma_packages": dict(row.packages),
        "rdma_version": row.reports or "",
        "rdma_devices": sorted(
            nic.rdma for nic in about.server.nics if nic.rdma is not None and nic.parent is None
        ),
    }
