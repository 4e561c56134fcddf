"""Variables of role ``fabric_manager``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked fabric manager, and the subnet manager where the lock has one."""
    subnet = about.row("nvlink_subnet_manager")
    return {
        "fabric_manager_version": about.lock.row("fabric_manager").reports,
        "fabric_manager_packages": about.lock.packages("fabric_manager"),
        "fabric_manager_nvswitches": about.sku.nvswitches,
        "fabric_manager_nvlink_domain": about.server.nvlink_domain or "",
        "fabric_manager_subnet_manager_version": (subnet.reports if subnet else None) or "",
        "fabric_manager_subnet_manager_packages": about.lock.packages("nvlink_subnet_manager"),
    }
