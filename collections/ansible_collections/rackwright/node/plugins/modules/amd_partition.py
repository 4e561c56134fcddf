"""Compute and memory partitions of this machine's AMD GPUs."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import amd_partition

DOCUMENTATION = r"""
module: amd_partition
short_description: Compute and memory partitions of this machine's AMD GPUs
description: Brings every GPU to one compute and one memory mode by amd-smi, and reads them back. Never reboots.
options:
  gpus:
    description: GPUs that must answer.
    type: int
    required: true
  compute:
    description: Compute mode, as C(SPX).
    type: str
    required: true
  memory:
    description: Memory mode, as C(NPS1).
    type: str
    required: true
  parts:
    description: Partitions that these make of a GPU.
    type: int
    required: true
  look:
    description: Say what would be done, and do nothing.
    type: bool
    default: false
  verify:
    description: Fail with everything that is not so.
    type: bool
    default: false
author: rackwright
"""

EXAMPLES = r"""
- name: Eight partitions of each GPU
  rackwright.node.amd_partition: {gpus: 8, compute: CPX, memory: NPS4, parts: 8}
"""

RETURN = r"""
actions: {description: What was (or would be) done., type: list, returned: always}
reasons: {description: Why a reboot is needed., type: list, returned: always}
impossible: {description: "Why it cannot be had, with O(look).", type: list, returned: always}
differences: {description: What is not so., type: list, returned: always}
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "gpus": {"type": "int", "required": True},
            "compute": {"type": "str", "required": True},
            "memory": {"type": "str", "required": True},
            "parts": {"type": "int", "required": True},
            "look": {"type": "bool", "default": False},
            "verify": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    modes = amd_partition.Modes.of(module.params)
    answer = {"actions": [], "reasons": [], "impossible": [], "differences": []}
    try:
        if module.params["verify"]:
            answer["differences"] = amd_partition.differences(modes, amd_partition.read())
        elif module.params["look"] or module.check_mode:
            parts = amd_partition.read()
            answer["impossible"] = amd_partition.impossible(modes, parts)
            answer["actions"] = [words for words, _, _ in amd_partition.plan(modes, parts)]
        else:
            answer["actions"], answer["reasons"] = amd_partition.bring(modes)
    except amd_partition.Refused as problem:
        if module.check_mode and "not installed" in str(problem):  # an earlier task would have installed it
            module.exit_json(changed=False, **answer)
        module.fail_json(msg=str(problem), **answer)
    if answer["differences"] and not module.check_mode:
        module.fail_json(msg="GPUs are not as laid out:\n" + "\n".join(answer["differences"]), **answer)
    module.exit_json(changed=bool(answer["actions"]) and not module.params["look"], **answer)


if __name__ == "__main__":
    main()
