"""Variables of role ``gpu_sharing``."""

from __future__ import annotations

from typing import Any

from rackwright.gpu_sharing.host import host
from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """What the group's profile asks of each GPU, and who is asked for claims before it is changed."""
    made = about.design.kubernetes
    group = made.group(about.server.group) if made else None
    if made is None or group is None:
        return {}
    own = {f"gpu_sharing_{key}": value for key, value in host(group).plain().items()}
    return {
        "gpu_sharing_vendor": group.gpu.vendor,
        "gpu_sharing_gpus": about.server.gpus,
        "gpu_sharing_node": about.server.name,
        "gpu_sharing_first": made.control[0].name if made.control else "",
        **own,
    }
