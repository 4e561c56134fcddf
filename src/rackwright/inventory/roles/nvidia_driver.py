"""Variables of role ``nvidia_driver``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked driver, what moves with it, and how many GPUs it must show."""
    kernel, driver = about.row("kernel"), about.lock.row("driver")
    modules = {name: full for name, full in about.lock.packages("gds").items() if "nvidia-fs" in name}
    return {
        "nvidia_driver_version": driver.reports,
        "nvidia_driver_packages": about.lock.packages("driver"),
        "nvidia_driver_companions": about.lock.packages("persistence") | modules,
        "nvidia_driver_open": driver.flavour == "open",
        "nvidia_driver_kernel_minimum": (kernel.minimum if kernel else None) or "0",
        "nvidia_driver_gpus": about.server.gpus,
    }
