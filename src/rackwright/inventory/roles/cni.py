"""Variables of role ``cni``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About
from rackwright.inventory.artifacts import programs

PLUGINS = ("bridge", "host-local", "loopback", "portmap")


def variables(about: About) -> dict[str, Any]:
    """The server's part of the pods' prefix, and the planes that pods never reach by it."""
    made, section = about.design.kubernetes, about.design.spec.kubernetes
    if made is None or section is None:
        return {}
    node = next(each for each in made.nodes if each.name == about.server.name)
    nic = next((nic for nic in about.server.nics if nic.address.ip == node.address), about.server.management)
    held = programs(about, *(f"cni-{name}" for name in PLUGINS))
    return {
        "cni_kind": section.cni,
        "cni_programs": {name.removeprefix("cni-"): each for name, each in held.items()},
        "cni_pods": node.pods,
        "cni_mtu": nic.mtu,
        "cni_port": nic.name,
    }
