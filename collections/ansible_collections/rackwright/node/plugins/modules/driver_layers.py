"""What each layer of a GPU driver says its version is, against the host lock."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import driver
from ansible_collections.rackwright.node.plugins.module_utils.package_manager import manager

DOCUMENTATION = r"""
module: driver_layers
short_description: What each layer of a GPU driver says its version is
description: Reads the package database, the module on disk, the loaded module and which kind it is, the
  library and C(nvidia-smi), counts the GPUs that it shows, and fails with layer, found and expected for each
  that differs.
options:
  driver:
    description: The version that every layer must report.
    type: str
    required: true
  packages:
    description: Package to full version.
    type: dict
    required: true
  gpus:
    description: GPUs that the machine must show.
    type: int
    required: true
  open:
    description: The loaded module must be the open one.
    type: bool
    default: false
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

SMI = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]


def read(module: AnsibleModule) -> tuple[dict[str, str | None], dict[str, str]]:
    """Layer to version, and what a silent layer answered instead."""
    layers: dict[str, str | None] = {
        "module on disk": driver.on_disk(module),
        "loaded module": driver.loaded(),
        "library": driver.library("libnvidia-ml.so.1"),
    }
    layers["nvidia-smi"], answer = driver.said(module, SMI, r"^([0-9.]+)$")
    return layers, {"nvidia-smi": answer}


def kind_problems(text: str) -> list[str]:
    """A loaded module that is not the open one.

    >>> kind_problems("NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.158.01  Fri Jan 10")
    ['loaded module: found the proprietary one, expected the open one']
    """
    if not text or driver.open_modules(text):
        return []
    return ["loaded module: found the proprietary one, expected the open one"]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "driver": {"type": "str", "required": True},
            "packages": {"type": "dict", "required": True},
            "gpus": {"type": "int", "required": True},
            "open": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    asked = module.params
    have = manager(module).installed(module, list(asked["packages"]))
    if module.check_mode and not have:
        module.exit_json(changed=False, layers={}, skipped_reason="nothing is installed yet")
    layers, answers = read(module)
    wrong = [
        f"package {name}: found {have.get(name, 'none')}, expected {version}"
        for name, version in sorted(asked["packages"].items())
        if have.get(name) != version
    ]
    for layer, found in layers.items():
        if found != asked["driver"]:
            answer = answers.get(layer) if not found else None
            said = f"; it said: {' '.join(answer.split())[:200]}" if answer else ""
            wrong.append(f"{layer}: found {found or 'none'}, expected {asked['driver']}{said}")
    wrong += kind_problems(driver.proc()) if asked["open"] else []
    shown = len(answers["nvidia-smi"].splitlines())
    if layers["nvidia-smi"] and shown != asked["gpus"]:
        wrong.append(f"GPUs: found {shown} in nvidia-smi, expected {asked['gpus']}")
    if wrong and not module.check_mode:
        old = layers["loaded module"] not in (None, asked["driver"])
        hint = "\nthe loaded module is of another version: drain the machine and reboot it" if old else ""
        text = "the driver's layers differ from the lock:\n" + "\n".join(wrong) + hint
        module.fail_json(msg=text, layers=layers)
    module.exit_json(changed=False, layers={**layers, **have}, differences=wrong)


if __name__ == "__main__":
    main()
