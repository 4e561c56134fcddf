"""What each layer of a component says its version is, against the host lock."""

from __future__ import annotations

import glob
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import driver
from ansible_collections.rackwright.node.plugins.module_utils.package_manager import manager

DOCUMENTATION = r"""
module: layers
short_description: What each layer of a component says its version is
description: Reads packages, commands, shared libraries, kernel modules and processes of a component, and
  fails with layer, found and expected for each that differs.
options:
  component:
    description: What people call it.
    type: str
    required: true
  packages:
    description: Package to full version.
    type: dict
    default: {}
  commands:
    description: Commands that print a version.
    type: list
    elements: dict
    default: []
    suboptions:
      command:
        description: Its words.
        type: list
        elements: str
        required: true
      pattern:
        description: Regular expression; the first group is what was found.
        type: str
        required: true
      expected:
        description: What it must be.
        type: str
        required: true
      layer:
        description: 'What people call it; empty: the first word of the command.'
        type: str
        default: ''
  libraries:
    description: Soname to version, by the file that it links to.
    type: dict
    default: {}
  modules:
    description: Kernel modules to version, on disk and loaded.
    type: dict
    default: {}
  processes:
    description: Names of processes that must run.
    type: list
    elements: str
    default: []
author: rackwright
"""

EXAMPLES = r"""
- name: Read DCGM back
  rackwright.node.layers:
    component: DCGM
    commands: [{command: [dcgmi, --version], pattern: 'version: ([0-9.]+)', expected: 4.5.3}]
"""

RETURN = r"""
layers: {description: What each layer says., type: dict, returned: always}
differences: {description: "Layer, found and expected.", type: list, returned: always}
"""

COMMAND = {
    "command": {"type": "list", "elements": "str", "required": True},
    "pattern": {"type": "str", "required": True},
    "expected": {"type": "str", "required": True},
    "layer": {"type": "str", "default": ""},
}


def running() -> set[str]:
    """Names of the processes of this machine."""
    names = set()
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path, encoding="utf-8") as file:
                names.add(file.read().strip())
        except OSError:  # it ended while we looked
            continue
    return names


def differences(layers: dict[str, str | None], wanted: dict[str, str], said: dict[str, str]) -> list[str]:
    """A line for each layer that differs, with what a silent one said instead.

    >>> differences({"library": None}, {"library": "2.28.9"}, {})
    ['library: found none, expected 2.28.9']
    """
    lines = []
    for layer, expected in wanted.items():
        found = layers.get(layer)
        if found != expected:
            answer = " ".join(said.get(layer, "").split())[:200] if found is None else ""
            tail = f"; it said: {answer}" if answer else ""
            lines.append(f"{layer}: found {found or 'none'}, expected {expected}{tail}")
    return lines


def read(module: AnsibleModule, asked: dict[str, Any]) -> tuple[dict[str, str | None], dict[str, str], Any]:
    """What was found and what was wanted, by layer, and what commands said."""
    packages = {name: str(version) for name, version in asked["packages"].items()}
    have = manager(module).installed(module, list(packages)) if packages else {}
    layers: dict[str, str | None] = {f"package {name}": have.get(name) for name in packages}
    wanted = {f"package {name}": version for name, version in packages.items()}
    said: dict[str, str] = {}
    for row in asked["commands"]:
        layer = row["layer"] or row["command"][0]
        found, said[layer] = driver.said(module, row["command"], row["pattern"])
        layers[layer] = " ".join(found.split()) if found else found
        wanted[layer] = row["expected"]
    for soname, version in asked["libraries"].items():
        layers[soname], wanted[soname] = driver.library(soname), str(version)
    for name, version in asked["modules"].items():
        for layer, found in (
            (f"module {name} on disk", driver.on_disk(module, name)),
            (f"loaded module {name}", driver.in_kernel(name)),
        ):
            layers[layer], wanted[layer] = found, str(version)
    have_processes = running() if asked["processes"] else set()
    for name in asked["processes"]:
        layers[f"process {name}"] = "running" if name in have_processes else None
        wanted[f"process {name}"] = "running"
    return layers, wanted, said


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "component": {"type": "str", "required": True},
            "packages": {"type": "dict", "default": {}},
            "commands": {"type": "list", "elements": "dict", "default": [], "options": COMMAND},
            "libraries": {"type": "dict", "default": {}},
            "modules": {"type": "dict", "default": {}},
            "processes": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    layers, wanted, said = read(module, module.params)
    wrong = differences(layers, wanted, said)
    if wrong and not module.check_mode:
        text = f"{module.params['component']} differs from the lock:\n" + "\n".join(wrong)
        module.fail_json(msg=text, layers=layers)
    module.exit_json(changed=False, layers=layers, differences=wrong)


if __name__ == "__main__":
    main()
