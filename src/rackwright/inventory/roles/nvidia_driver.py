"""Variables of role ``nvidia_driver``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked driver and how many GPUs it must show."""
    kernel = about.row("kernel")
    return {
        "nvidia_driver_version": about.lock.row("driver").reports,
        "nvidia_driver_packages": about.lock.packages("driver"),
        "nvidia_driver_kernel_minimum": (kernel.minimum if kernel else None) or "0",
        "nvidia_driver_gpus": about.server.gpus,
    }
