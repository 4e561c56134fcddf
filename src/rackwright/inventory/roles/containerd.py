"""Variables of role ``containerd``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About
from rackwright.inventory.artifacts import registries


def variables(about: About) -> dict[str, Any]:
    """The locked runtime; NRI where a network driver moves RDMA devices into pods."""
    runc = about.row("runc")
    # What a bundle brings has no package of its own, and only a lower bound.
    exact = runc.reports if runc and runc.packages else None
    found = registries(about)
    return {
        **({"containerd_registries": found} if found else {}),
        "containerd_version": about.lock.row("containerd").reports,
        "containerd_packages": about.lock.packages("containerd", "runc"),
        "containerd_runc_version": exact or "",
        "containerd_runc_minimum": (runc.minimum if runc else None) or "",
        "containerd_nri": bool(about.rdma) and about.server.role == "gpu",
    }
