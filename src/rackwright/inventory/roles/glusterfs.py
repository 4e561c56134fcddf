"""Variables of role ``glusterfs``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """Whether the machine serves the file system or only mounts it."""
    return {"glusterfs_server": about.server.role == "storage"}
