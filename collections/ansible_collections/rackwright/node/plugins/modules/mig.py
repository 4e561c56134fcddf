"""MIG mode and instances of this machine's NVIDIA GPUs."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import mig

DOCUMENTATION = r"""
module: mig
short_description: MIG mode and instances of this machine's NVIDIA GPUs
description: Brings every GPU to one layout and reads it back. What is there already stays, so that a run that
  was killed is finished by the next. Never reboots, and resets a GPU only whose mode is set and waits for it.
options:
  gpus:
    description: GPUs that must answer.
    type: int
    required: true
  mode:
    description: C(on) with O(partitions); C(off) gives whole GPUs back; C(dynamic) leaves instances to a DRA
      driver, and sets the mode only where the driver's plugin cannot (before Hopper).
    type: str
    choices: ['on', 'off', dynamic]
    required: true
  partitions:
    description: Instances of each GPU.
    type: list
    elements: dict
    default: []
    suboptions:
      profile: {description: Its name., type: str, required: true}
      id: {description: NVML's number of the profile., type: int, required: true}
      start: {description: First memory slice., type: int, required: true}
      size: {description: Memory slices., type: int, required: true}
  look:
    description: Say what would be done, and do nothing.
    type: bool
    default: false
  verify:
    description: Fail with everything that is not as laid out.
    type: bool
    default: false
  compute_modes:
    description: 'Compute modes that a GPU may be in, with O(verify); empty: not asked.'
    type: list
    elements: str
    default: []
author: rackwright
"""

EXAMPLES = r"""
- name: Two halves of each GPU
  rackwright.node.mig:
    gpus: 8
    mode: 'on'
    partitions:
      - {profile: 3g.40gb, id: 9, start: 0, size: 4}
      - {profile: 3g.40gb, id: 9, start: 4, size: 4}
"""

RETURN = r"""
actions: {description: What was (or would be) done., type: list, returned: always}
reasons: {description: Why a reboot is needed., type: list, returned: always}
impossible: {description: "Why it cannot be had, with O(look).", type: list, returned: always}
differences: {description: What is not as laid out., type: list, returned: always}
"""

PARTITION = {
    "profile": {"type": "str", "required": True},
    "id": {"type": "int", "required": True},
    "start": {"type": "int", "required": True},
    "size": {"type": "int", "required": True},
}


def wrong_modes(gpus: list[mig.Gpu], allowed: list[str]) -> list[str]:
    """GPUs in a compute mode that keeps programs out.

    >>> wrong_modes([mig.Gpu(0, "Disabled", "Disabled", 9.0, "Prohibited")], ["Default"])
    ['GPU 0: compute mode Prohibited, expected Default']
    """
    return [
        f"GPU {gpu.index}: compute mode {gpu.compute_mode}, expected {' or '.join(allowed)}"
        for gpu in gpus
        if allowed and gpu.compute_mode not in allowed
    ]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "gpus": {"type": "int", "required": True},
            "mode": {"type": "str", "choices": ["on", "off", "dynamic"], "required": True},
            "partitions": {"type": "list", "elements": "dict", "default": [], "options": PARTITION},
            "look": {"type": "bool", "default": False},
            "verify": {"type": "bool", "default": False},
            "compute_modes": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    layout = mig.Layout.of(module.params)
    answer = {"actions": [], "reasons": [], "impossible": [], "differences": []}
    try:
        if module.params["verify"]:
            gpus, instances = mig.read()
            answer["differences"] = [
                *mig.differences(layout, gpus, instances),
                *wrong_modes(gpus, module.params["compute_modes"]),
            ]
        elif module.params["look"] or module.check_mode:
            gpus, instances = mig.read()
            answer["impossible"] = mig.impossible(layout, gpus)
            answer["actions"] = [step.words for step in mig.plan(layout, gpus, instances)]
            answer["reasons"] = reasons(mig.waiting(layout, gpus))
        else:
            answer["actions"], late = mig.bring(layout)
            answer["reasons"] = reasons(late)
    except mig.Refused as problem:
        if module.check_mode and "not installed" in str(problem):  # an earlier task would have installed it
            module.exit_json(changed=False, **answer)
        module.fail_json(msg=str(problem), **answer)
    if answer["differences"] and not module.check_mode:
        module.fail_json(msg="GPUs are not as laid out:\n" + "\n".join(answer["differences"]), **answer)
    module.exit_json(changed=bool(answer["actions"]) and not module.params["look"], **answer)


def reasons(gpus: list[int]) -> list[str]:
    """Why a reboot is needed.

    >>> reasons([0, 3])
    ['MIG: the mode of GPU 0, 3 is set and waits for a reset, which the driver did not give']
    """
    if not gpus:
        return []
    return [
        f"MIG: the mode of GPU {', '.join(map(str, gpus))} is set and waits for a reset, which the driver did not give"
    ]


if __name__ == "__main__":
    main()
