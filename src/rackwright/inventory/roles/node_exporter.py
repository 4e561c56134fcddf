"""Variables of role ``node_exporter``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked exporter, and the one address that it listens on."""
    return {
        "node_exporter_version": about.lock.row("node_exporter").reports,
        "node_exporter_packages": about.lock.packages("node_exporter"),
        "node_exporter_address": str(about.server.management.address.ip),
    }
