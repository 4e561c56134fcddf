"""Variables of role ``topology_labels``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About
from rackwright.render.scheduler import forms


def variables(about: About) -> dict[str, Any]:
    """The server's own labels; on the first control-plane server the schedulers' objects; on all of these
    Slurm's file: blocks where GPUs share NVLink beyond a server, else the tree of leaves."""
    made, name, site = about.design.kubernetes, about.server.name, about.site
    found: dict[str, Any] = {}
    if made is not None:
        first = made.control[0].name
        found = {
            "topology_labels_node": name,
            "topology_labels_first": first,
            "topology_labels_labels": forms.labels(site)[name],
        }
        if name == first:
            found["topology_labels_objects"] = forms.objects(site)
    if about.server.role == "control-plane":
        shared = any(server.nvlink_domain for server in about.design.servers)
        path = f"scheduler/slurm/topology-{'block' if shared else 'tree'}.conf"
        found["topology_labels_slurm"] = site.get(path, "")
    return found
