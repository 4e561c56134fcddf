"""Variables of role ``dcgm_exporter``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked exporter, on the management plane."""
    return {
        "dcgm_exporter_version": about.lock.row("dcgm_exporter").reports,
        "dcgm_exporter_packages": about.lock.packages("dcgm_exporter"),
        "dcgm_exporter_address": str(about.server.management.address.ip),
    }
