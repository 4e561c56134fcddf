"""Variables of role ``nccl``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About

NCCL = "/etc/nccl.conf"


def variables(about: About) -> dict[str, Any]:
    """The locked library and the devices that it may use."""
    return {
        "nccl_packages": about.lock.packages("nccl"),
        "nccl_version": about.lock.row("nccl").reports,
        "nccl_conf": about.rendered[NCCL],
    }
