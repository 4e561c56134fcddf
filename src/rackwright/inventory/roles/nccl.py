"""Variables of role ``nccl``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About
from rackwright.render.nccl import NCCL


def variables(about: About) -> dict[str, Any]:
    """The locked library, what the lock has beside it, and the devices that it may use."""
    plugin = about.row("nccl_plugin")
    return {
        "nccl_packages": about.lock.packages("nccl"),
        "nccl_version": about.lock.row("nccl").reports,
        "nccl_plugin_packages": about.lock.packages("nccl_plugin"),
        "nccl_plugin_version": (plugin.reports if plugin else None) or "",
        "nccl_cuda_packages": about.lock.packages("cuda"),
        "nccl_conf": about.rendered[NCCL],
    }
