"""Variables of role ``gds``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked nvidia-fs, and where file systems may fetch by RDMA."""
    return {
        "gds_version": about.lock.row("gds").reports,
        "gds_packages": about.lock.packages("gds"),
        "gds_rdma_addresses": [
            str(nic.address.ip) for nic in about.server.on("storage") if nic.rdma and nic.address
        ],
    }
