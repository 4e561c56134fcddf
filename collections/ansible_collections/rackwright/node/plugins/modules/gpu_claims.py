"""Claims of Kubernetes that hold a node's GPUs."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused, objects

DOCUMENTATION = r"""
module: gpu_claims
short_description: Claims of Kubernetes that hold a node's GPUs
description: Runs on a control-plane server. A claim that is allocated from the node's pool of a GPU driver holds
  a device until its pods are gone, whether or not a process has opened it. Changes nothing.
options:
  node:
    description: Name of the node, which is the name of its pools.
    type: str
    required: true
  drivers:
    description: DRA drivers of GPUs.
    type: list
    elements: str
    default: [gpu.nvidia.com, gpu.amd.com]
author: rackwright
"""

EXAMPLES = r"""
- name: Who has a GPU of this node?
  rackwright.node.gpu_claims: {node: gpu-01}
  delegate_to: control-01
"""

RETURN = r"""
claims: {description: "Each as namespace/name, with the pods that it is reserved for.", type: list, returned: always}
"""


def holding(claims: list[dict[str, Any]], node: str, drivers: list[str]) -> list[str]:
    """Claims with a device of the node.

    >>> result = {"driver": "gpu.nvidia.com", "pool": "gpu-01", "device": "gpu-0"}
    >>> status = {"allocation": {"devices": {"results": [result]}}, "reservedFor": [{"name": "train"}]}
    >>> holding([{"metadata": {"namespace": "a", "name": "c"}, "status": status}], "gpu-01", ["gpu.nvidia.com"])
    ['a/c (train)']
    """
    found = []
    for claim in claims:
        status = claim.get("status") or {}
        results = ((status.get("allocation") or {}).get("devices") or {}).get("results") or []
        if any(each["pool"] == node and each["driver"] in drivers for each in results):
            pods = ", ".join(sorted(each["name"] for each in status.get("reservedFor") or ())) or "no pod"
            found.append(f"{claim['metadata']['namespace']}/{claim['metadata']['name']} ({pods})")
    return sorted(found)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "node": {"type": "str", "required": True},
            "drivers": {"type": "list", "elements": "str", "default": ["gpu.nvidia.com", "gpu.amd.com"]},
        },
        supports_check_mode=True,
    )
    try:
        found = (objects(module, "resourceclaims", "--all-namespaces") or {}).get("items", [])
    except Refused as problem:
        module.fail_json(msg=f"whether claims hold its GPUs is not known: {problem}", claims=[])
    module.exit_json(changed=False, claims=holding(found, module.params["node"], module.params["drivers"]))


if __name__ == "__main__":
    main()
