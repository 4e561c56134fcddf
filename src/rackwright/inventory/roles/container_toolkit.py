"""Variables of role ``container_toolkit``."""

from __future__ import annotations

from typing import Any

from rackwright.gpu_sharing.host import host
from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked toolkit, and what its CDI file must list."""
    containerd = about.row("containerd")
    made = about.design.kubernetes
    group = made.group(about.server.group) if made else None
    return {
        "container_toolkit_version": about.lock.row("container_toolkit").reports,
        "container_toolkit_packages": about.lock.packages("container_toolkit"),
        "container_toolkit_driver": about.lock.row("driver").reports,
        "container_toolkit_gpus": about.server.gpus,
        **({"container_toolkit_partitions": len(host(group).partitions)} if group else {}),
        "container_toolkit_containerd": (containerd.reports if containerd else None) or "",
    }
