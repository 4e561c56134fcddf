"""Variables of each role for one server, from the design and the host lock: one module for each role.

A module has one function, ``variables(about) -> dict``. What a role can work out from the machine itself, or
has a sound default for, is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rackwright.inventory.about import About
from rackwright.inventory.roles import glusterfs, host_network, nccl, nvidia_driver

VARIABLES: Mapping[str, Callable[[About], dict[str, Any]]] = {
    "glusterfs": glusterfs.variables,
    "host_network": host_network.variables,
    "nccl": nccl.variables,
    "nvidia_driver": nvidia_driver.variables,
}
"""By role; a role that is not here takes nothing from the design."""
