"""What a node of Kubernetes must be found with: its kubelet's settings, and what its runtime must let in."""

from __future__ import annotations

from typing import Any

from rackwright.kubernetes.kubelet import kubelet
from rackwright.models.design import Design, Server

Json = dict[str, Any]


def expectation(server: Server, design: Design) -> Json | None:
    """None: the server is no node.

    ``kubelet`` is the whole configuration as designed; a site's own settings come on top when it is compared.
    """
    made, section = design.kubernetes, design.spec.kubernetes
    if made is None or section is None:
        return None
    node = next((made.at[nic.address.ip] for nic in server.nics if nic.address.ip in made.at), None)
    if node is None:
        return None
    group = made.group(node.group)
    return {
        "control": node.control,
        "kubelet": kubelet(made, group, section.alignment),
        "nri": group is not None and made.network_driver == "dranet",
    }
