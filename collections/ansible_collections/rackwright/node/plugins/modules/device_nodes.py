"""Device nodes that have to be there before anything looks for them."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils.device_nodes import devices, differences

DOCUMENTATION = r"""
module: device_nodes
short_description: Device nodes that have to be there
description: Counts character devices by pattern and fails with layer, found and expected for each pattern
  that differs. A GPU whose node is missing when the container runtime looks for it is a pod without a GPU
  (kubernetes-sigs/dra-driver-nvidia-gpu#1380).
options:
  nodes:
    description: Pattern to number of nodes.
    type: dict
    required: true
author: rackwright
"""

EXAMPLES = r"""
- name: Are they all there?
  rackwright.node.device_nodes:
    nodes: {'/dev/nvidia[0-9]*': 8, /dev/nvidiactl: 1}
"""

RETURN = r"""
found: {description: "Paths, by pattern.", type: dict, returned: always}
differences: {description: "Layer, found and expected.", type: list, returned: always}
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={"nodes": {"type": "dict", "required": True}}, supports_check_mode=True
    )
    wanted = module.params["nodes"]
    found = {pattern: devices(pattern) for pattern in wanted}
    wrong = differences(found, wanted)
    if wrong and not module.check_mode:
        module.fail_json(msg="\n".join(wrong), found=found)
    module.exit_json(changed=False, found=found, differences=wrong)


if __name__ == "__main__":
    main()
