"""The CDI file of NVIDIA's GPUs: complete, of the driver that runs, and with devices that exist."""

from __future__ import annotations

import os
import re
from typing import Any

from ansible.module_utils.basic import AnsibleModule

try:
    import yaml
except ImportError:  # the role installs it
    yaml = None

DOCUMENTATION = r"""
module: cdi
short_description: The CDI file of NVIDIA's GPUs, read back as a container runtime reads it
description: Counts the GPUs that the file lists, looks for each device node and mount in it, and compares the
  libraries with the driver. With O(refresh) it keeps the toolkit's refresh units on, and has the file made
  again where it is wrong or older than the toolkit; else it fails with everything that is wrong.
options:
  gpus:
    description: GPUs that must be listed.
    type: int
    required: true
  partitions:
    description: 'MIG instances of each GPU, which are listed in its place; 0: whole GPUs.'
    type: int
    default: 0
  driver:
    description: Version of the driver.
    type: str
    required: true
  toolkit:
    description: 'Version that C(nvidia-ctk) must have; empty: not asked.'
    type: str
    default: ''
  refresh:
    description: Put it right.
    type: bool
    default: false
  path:
    description: The file.
    type: path
    default: /var/run/cdi/nvidia.yaml
author: rackwright
"""

EXAMPLES = r"""
- name: Can a container get every GPU?
  rackwright.node.cdi:
    gpus: 8
    driver: 580.159.03
"""

RETURN = r"""
differences: {description: What is wrong., type: list, returned: always}
actions: {description: What was (or would be) done., type: list, returned: always}
"""

UNITS = ("nvidia-cdi-refresh.path", "nvidia-cdi-refresh.service")
TOOL = "/usr/bin/nvidia-ctk"
KIND = "nvidia.com/gpu"
NUMBER = re.compile(r"\d+(:\d+)?")
"""A GPU by its index, or a MIG instance of it."""


def edits(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """What the file does to a container, for all devices and for each."""
    found = [spec.get("containerEdits") or {}]
    return found + [device.get("containerEdits") or {} for device in spec.get("devices") or []]


def judge(spec: dict[str, Any], gpus: int, driver: str, partitions: int = 0) -> list[str]:
    """What is wrong with a file, apart from what exists here. Pure.

    >>> judge({"kind": "nvidia.com/gpu", "devices": [{"name": "0"}, {"name": "all"}]}, 2, "580.1")
    ['devices: found 0, expected 0 to 1']
    >>> judge({"kind": "nvidia.com/gpu", "devices": [{"name": "0:0"}, {"name": "0:1"}]}, 1, "580.1", 2)
    []
    """
    wrong = []
    if spec.get("kind") != KIND:
        wrong.append(f"kind: found {spec.get('kind') or 'none'}, expected {KIND}")
    names = [str(device.get("name")) for device in spec.get("devices") or []]
    numbers = sorted(
        (name for name in names if NUMBER.fullmatch(name)), key=lambda name: [*map(int, name.split(":"))]
    )
    expected = [str(number) for number in range(gpus)]
    if partitions:
        expected = [f"{number}:{part}" for number in expected for part in range(partitions)]
    if numbers != expected:
        wrong.append(
            f"devices: found {', '.join(numbers) or 'none'}, expected {expected[0]} to {expected[-1]}"
        )
    for each in edits(spec):
        for mount in each.get("mounts") or []:
            found = re.search(r"/lib(?:cuda|nvidia-ml)\.so\.(\d+\.\d[\d.]*)$", str(mount.get("hostPath")))
            if found and found[1] != driver:
                wrong.append(f"library {mount['hostPath']}: found {found[1]}, expected {driver}")
    return wrong


def named(spec: dict[str, Any]) -> list[tuple[str, str]]:
    """What must exist here: (what, path)."""
    found: dict[tuple[str, str], None] = {}
    for each in edits(spec):
        for node in each.get("deviceNodes") or []:
            found["device node", str(node.get("hostPath") or node.get("path"))] = None
        for mount in each.get("mounts") or []:
            found["mount", str(mount.get("hostPath"))] = None
    return list(found)


def differences(module: AnsibleModule) -> list[str]:
    """Everything that is wrong with the file here."""
    path = module.params["path"]
    if yaml is None:
        return ["python3-yaml: found none: the file cannot be read"]
    try:
        with open(path, encoding="utf-8") as file:
            spec = yaml.safe_load(file)
    except FileNotFoundError:
        return [f"{path}: found no such file"]
    except yaml.YAMLError as problem:
        return [f"{path}: not YAML: {problem}"]
    if not isinstance(spec, dict):
        return [f"{path}: found no specification"]
    wrong = judge(spec, module.params["gpus"], module.params["driver"], module.params["partitions"])
    wrong += [f"{what} {place}: found none" for what, place in named(spec) if not os.path.exists(place)]
    if os.path.exists(TOOL) and os.stat(path).st_mtime < os.stat(TOOL).st_ctime:
        wrong.append(f"found it older than {TOOL}, expected it made by the installed toolkit")
    return [f"{path}: {line}" for line in wrong]


def off(module: AnsibleModule) -> list[list[str]]:
    """systemctl commands that switch the refresh units on."""
    commands = []
    for unit in UNITS:
        _, out, _ = module.run_command(["systemctl", "is-enabled", unit])
        if out.strip() != "enabled":
            commands.append(["enable", unit])
    _, out, _ = module.run_command(["systemctl", "is-active", UNITS[0]])
    return commands if out.strip() == "active" else [*commands, ["start", UNITS[0]]]


def toolkit(module: AnsibleModule) -> list[str]:
    """What is wrong with the tool itself and its units."""
    expected = module.params["toolkit"]
    wrong = [
        f"{words[1]}: expected it {words[0]}{'d' if words[0] == 'enable' else 'ed'}" for words in off(module)
    ]
    if expected:
        rc, out, _ = module.run_command([TOOL, "--version"]) if os.path.exists(TOOL) else (1, "", "")
        found = re.search(r"version (\d[\w.]*)", out) if rc == 0 else None
        if not found or found[1] != expected:
            wrong.append(f"nvidia-ctk: found {found[1] if found else 'none'}, expected {expected}")
    return wrong


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "gpus": {"type": "int", "required": True},
            "partitions": {"type": "int", "default": 0},
            "driver": {"type": "str", "required": True},
            "toolkit": {"type": "str", "default": ""},
            "refresh": {"type": "bool", "default": False},
            "path": {"type": "path", "default": "/var/run/cdi/nvidia.yaml"},
        },
        supports_check_mode=True,
    )
    wrong = differences(module)
    if not module.params["refresh"]:
        blank = module.check_mode and not os.path.exists(TOOL)
        wrong = [] if blank else wrong + toolkit(module)
        if wrong and not module.check_mode:
            module.fail_json(msg="containers would not get the GPUs:\n" + "\n".join(wrong), differences=wrong)
        module.exit_json(changed=False, differences=wrong, actions=[])
    commands = off(module)
    if wrong:
        commands.append(["restart", UNITS[1]])
    for words in [] if module.check_mode else commands:
        rc, out, err = module.run_command(["systemctl", *words])
        if rc != 0:
            _, log, _ = module.run_command(
                ["journalctl", "-u", words[1], "-n", "6", "--no-pager", "-o", "cat"]
            )
            said = f"{(err or out).strip()}; {log.strip()}"
            module.fail_json(msg=f"systemctl {' '.join(words)}: {said}; before it: {'; '.join(wrong)}")
    actions = [" ".join(words) for words in commands]
    module.exit_json(changed=bool(actions), differences=wrong, actions=actions)


if __name__ == "__main__":
    main()
