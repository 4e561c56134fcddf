"""Variables of role ``rccl``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About
from rackwright.render.nccl import RCCL


def variables(about: About) -> dict[str, Any]:
    """The locked library, the ROCm that it stands on, and the devices that it may use."""
    rocm = about.row("rocm")
    return {
        "rccl_packages": about.lock.packages("rccl"),
        "rccl_version": about.lock.row("rccl").reports,
        "rccl_rocm_packages": about.lock.packages("rocm"),
        "rccl_rocm_version": (rocm.reports if rocm else None) or "",
        "rccl_conf": about.rendered[RCCL],
    }
