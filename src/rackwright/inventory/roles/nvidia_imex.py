"""Variables of role ``nvidia_imex``."""

from __future__ import annotations

from typing import Any

from rackwright.gpu_sharing.opaque import HOSTED
from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked IMEX and the machines that share its NVLink domain."""
    domain, kubernetes = about.server.nvlink_domain, about.design.kubernetes
    hosted = kubernetes is not None and HOSTED in kubernetes.driver_gates
    return {
        "nvidia_imex_mode": "host_managed" if hosted else "driver_managed",
        "nvidia_imex_version": about.lock.row("imex").reports,
        "nvidia_imex_packages": about.lock.packages("imex"),
        "nvidia_imex_nvlink_domain": domain or "",
        "nvidia_imex_nodes": [
            str(server.management.address.ip)
            for server in about.design.servers
            if domain is not None and server.nvlink_domain == domain
        ],
    }
