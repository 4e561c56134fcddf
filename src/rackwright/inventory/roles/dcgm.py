"""Variables of role ``dcgm``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked DCGM and how many GPUs it must discover."""
    return {
        "dcgm_version": about.lock.row("dcgm").reports,
        "dcgm_packages": about.lock.packages("dcgm"),
        "dcgm_gpus": about.server.gpus,
    }
