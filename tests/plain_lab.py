"""The lab's inventory without Kubernetes: what tests of everything else build their clusters from.

Nothing of theirs needs nodes, and a cluster without them is up in half the time.
"""

from __future__ import annotations

from typing import Any

import yaml

from rackwright.paths import home

FOLDER = home() / "inventories/lab"
LOCK = "lab-h100-debian13"
"""As the inventory's, but for Kubernetes and the containerd that it asks for."""


def plain_lab() -> dict[str, Any]:
    """The cluster file's content."""
    spec: dict[str, Any] = yaml.safe_load((FOLDER / "cluster.yaml").read_text())
    del spec["kubernetes"], spec["access"]
    return {**spec, "lock": LOCK}
