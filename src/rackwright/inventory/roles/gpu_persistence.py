"""Variables of role ``gpu_persistence``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked daemon and how many device nodes there must be."""
    return {
        "gpu_persistence_version": about.lock.row("persistence").reports,
        "gpu_persistence_packages": about.lock.packages("persistence"),
        "gpu_persistence_gpus": about.server.gpus,
    }
