"""Variables of role ``in_service``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About
from rackwright.inventory.roles.host_lock import packages


def variables(about: About) -> dict[str, Any]:
    """The whole lock, to be read back when every role has run."""
    return {"in_service_lock": about.lock.name, "in_service_packages": packages(about)}
