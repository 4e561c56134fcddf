"""What each layer of a GPU driver says its version is, against the host lock."""

from __future__ import annotations

import glob
import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import apt, driver

DOCUMENTATION = r"""
module: driver_layers
short_description: What each layer of a GPU driver says its version is
description: Reads the package database, the module on disk, the loaded module, the library, C(nvidia-smi)
  and the fabric manager, counts the device nodes, and fails with layer, found and expected for each that
  differs.
options:
  driver:
    description: The version that every layer must report.
    type: str
    required: true
  packages:
    description: Package to full version.
    type: dict
    required: true
  fabric_manager:
    description: 'The fabric manager''s version; empty: none.'
    type: str
    default: ''
  gpus:
    description: GPUs that the machine must show.
    type: int
    required: true
author: rackwright
"""

EXAMPLES = r"""
- name: Read every layer back
  rackwright.node.driver_layers:
    driver: 580.159.03
    packages: {nvidia-driver-cuda: 580.159.03-1}
    gpus: 8
"""

RETURN = r"""
layers: {description: "What each layer says (null: nothing).", type: dict, returned: always}
"""

NODES = ("/dev/nvidiactl", "/dev/nvidia-uvm")


def read(module: AnsibleModule) -> tuple[dict[str, str | None], dict[str, str]]:
    """Layer to version, and what a silent layer answered instead."""
    answers: dict[str, str] = {}
    layers: dict[str, str | None] = {
        "module on disk": driver.on_disk(module),
        "loaded module": driver.loaded(),
        "library": driver.library("libnvidia-ml.so.1"),
    }
    commands = {
        "nvidia-smi": (["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"], r"^([0-9.]+)$")
    }
    if module.params["fabric_manager"]:
        commands["fabric manager"] = (
            ["nv-fabricmanager", "--version"],
            r"Fabric Manager version is : ([0-9.]+)",
        )
    for layer, (command, pattern) in commands.items():
        layers[layer], answers[layer] = driver.said(module, command, pattern)
    return layers, answers


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "driver": {"type": "str", "required": True},
            "packages": {"type": "dict", "required": True},
            "fabric_manager": {"type": "str", "default": ""},
            "gpus": {"type": "int", "required": True},
        },
        supports_check_mode=True,
    )
    asked = module.params
    have = apt.installed(module, list(asked["packages"]))
    if module.check_mode and not have:
        module.exit_json(changed=False, layers={}, skipped_reason="nothing is installed yet")
    layers, answers = read(module)
    wrong = [
        f"package {name}: found {have.get(name, 'none')}, expected {version}"
        for name, version in sorted(asked["packages"].items())
        if have.get(name) != version
    ]
    for layer, found in layers.items():
        expected = asked["fabric_manager"] if layer == "fabric manager" else asked["driver"]
        if found != expected:
            answer = (
                "; it said: " + " ".join(answers[layer].split())[:200]
                if answers.get(layer) and not found
                else ""
            )
            wrong.append(f"{layer}: found {found or 'none'}, expected {expected}{answer}")
    nodes = glob.glob("/dev/nvidia[0-9]*")
    if len(nodes) != asked["gpus"]:
        wrong.append(f"device nodes: found {len(nodes)} of /dev/nvidia*, expected {asked['gpus']}")
    wrong += [f"device nodes: {path}: found none" for path in NODES if not os.path.exists(path)]
    old_module = (
        layers["loaded module"] not in (None, asked["driver"]) and layers["module on disk"] == asked["driver"]
    )
    if wrong and not module.check_mode:
        hint = (
            "\nthe loaded module is of another version: drain the machine and reboot it" if old_module else ""
        )
        module.fail_json(
            msg="the driver's layers differ from the lock:\n" + "\n".join(wrong) + hint, layers=layers
        )
    module.exit_json(changed=False, layers={**layers, **have}, differences=wrong)


if __name__ == "__main__":
    main()
