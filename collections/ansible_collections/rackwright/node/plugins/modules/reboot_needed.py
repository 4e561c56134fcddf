"""Reasons to reboot: what runs is not what the next boot would run."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import command_line, driver

DOCUMENTATION = r"""
module: reboot_needed
short_description: Reasons to reboot, as texts
description: Compares the running kernel, its command line and its loaded modules with what is on disk.
  Changes nothing; an empty list means that a reboot would bring nothing.
options:
  release:
    description: 'Release of the kernel that must run; empty: any.'
    type: str
    default: ''
  arguments:
    description: Arguments that must be in effect.
    type: list
    elements: str
    default: []
  modules:
    description: Kernel modules whose loaded version must be the one on disk; one that is not loaded is not
      judged.
    type: list
    elements: str
    default: []
author: rackwright
"""

EXAMPLES = r"""
- name: Would a reboot bring anything?
  rackwright.node.reboot_needed:
    release: 6.12.63+deb13-amd64
    arguments: [iommu=pt]
    modules: [nvidia, mlx5_core]
  register: kernel_reboot
"""

RETURN = r"""
reasons: {description: "Why to reboot, with found and expected.", type: list, returned: always}
"""

ASKED = ("srcversion", "version")
"""What a module says of itself, the surer one first."""


def first_line(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline().strip() or None
    except OSError:
        return None


def on_disk(module: AnsibleModule, name: str, field: str) -> str | None:
    """What the file says that the next boot loads."""
    path = module.get_bin_path("modinfo")
    if path is None:
        return None
    rc, out, _ = module.run_command([path, "-F", field, name])
    return out.strip() if rc == 0 and out.strip() else None


def module_reason(module: AnsibleModule, name: str) -> str | None:
    """Why a loaded module is another one than on disk; None where it is not, or where one says nothing."""
    underscored = name.replace("-", "_")
    for field in ASKED:
        running = first_line(f"/sys/module/{underscored}/{field}")
        if running is None and field == "version":
            running = driver.in_kernel(name)  # nvidia and nvidia-fs have a version file in some builds only
        stored = on_disk(module, name, field) if running else None
        if running and stored:
            if running == stored:
                continue
            return f"module {name}: {field} {running} is loaded, {stored} is on disk"
    return None


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "release": {"type": "str", "default": ""},
            "arguments": {"type": "list", "elements": "str", "default": []},
            "modules": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    asked = module.params
    reasons = []
    running = os.uname().release
    if asked["release"] and running != asked["release"]:
        reasons.append(f"kernel: {running} runs, the lock's is {asked['release']}")
    with open("/proc/cmdline", encoding="utf-8") as file:
        line = file.read()
    reasons += [f"command line: {text}" for text in command_line.differences(asked["arguments"], line)]
    reasons += [text for name in asked["modules"] if (text := module_reason(module, name))]
    module.exit_json(changed=False, reasons=reasons, running=running)


if __name__ == "__main__":
    main()
