"""Role variables of some hosts, apart from how this machine reaches them: what a run depends on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rackwright.inventory.build import CONNECTION, inventory


def variables(cluster_file: Path, hosts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Everything that the roles are given, by host. No secret and no path of this machine.

    :raises BadInput: every mistake of the cluster file at once.
    :raises KeyError: the design has no such host.
    """
    found = inventory(str(cluster_file))
    shared = {key: value for key, value in found.common.items() if key not in CONNECTION}
    return {host: {**shared, **found.host_vars[host]} for host in hosts}
