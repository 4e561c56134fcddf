"""Every reason not to set up a machine's kernel, at once and before anything changes."""

from __future__ import annotations

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import command_line, package_manager

DOCUMENTATION = r"""
module: kernel_preflight
short_description: Every reason not to set up a machine's kernel, at once
description: Asks whether the kernel of the host lock can be installed and told its arguments; fails with all
  reasons together.
options:
  packages:
    description: Package to full version; none where the machine's host brings the kernel.
    type: dict
    default: {}
  minimum:
    description: Oldest kernel that will do.
    type: str
    default: '0'
  arguments:
    description: Arguments of its command line.
    type: list
    elements: str
    default: []
  free_mib:
    description: Free space in /boot that an installation needs in MiB.
    type: int
    default: 512
author: rackwright
"""

EXAMPLES = r"""
- name: Can the kernel be installed?
  rackwright.node.kernel_preflight:
    packages: {linux-image-6.12.63+deb13-amd64: 6.12.63-1}
"""

RETURN = r"""
virtualization: {description: "C(none) on bare metal.", type: str, returned: always}
unknown: {description: What could not be asked in check mode., type: list, returned: always}
"""


def numbers(version: str) -> tuple[int, ...]:
    """Leading numbers of a version, to compare.

    >>> numbers("6.12.57+deb13") > numbers("4.15")
    True
    """
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[^0-9.]", version, maxsplit=1)[0]))


def virtualization(module: AnsibleModule) -> str:
    """What the machine runs on."""
    rc, out, err = module.run_command(["systemd-detect-virt"])
    if rc not in (0, 1) or not out.strip():
        module.fail_json(msg=f"systemd-detect-virt: {(err or out).strip()}")
    return out.strip()


def contained(module: AnsibleModule) -> bool:
    """Whether the machine shares its host's kernel."""
    rc, _, _ = module.run_command(["systemd-detect-virt", "--container", "--quiet"])
    return rc == 0


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "dict", "default": {}},
            "minimum": {"type": "str", "default": "0"},
            "arguments": {"type": "list", "elements": "str", "default": []},
            "free_mib": {"type": "int", "default": 512},
        },
        supports_check_mode=True,
    )
    asked = module.params
    packages = {name: str(version) for name, version in asked["packages"].items()}
    missing = package_manager.missing(module, packages)
    running = os.uname().release
    reasons, unknown = [], []
    if not packages and numbers(running) < numbers(asked["minimum"]):
        reasons.append(f"kernel: found {running}, expected {asked['minimum']} or newer")
    if packages and contained(module):
        reasons.append(
            f"kernel: this machine shares its host's ({running}), and the lock wants one installed: name a"
            " lock whose row kernel has a minimum only"
        )
    elif missing:
        reasons, unknown = package_manager.offer_reasons(module, missing)
        room = os.statvfs("/boot")
        free = room.f_bavail * room.f_frsize // 2**20
        if free < asked["free_mib"]:
            reasons.append(f"disk: found {free} MiB free in /boot, expected {asked['free_mib']} MiB")
    wrong = command_line.unsafe(asked["arguments"])
    reasons += [
        f"command line: {argument}: no argument that a boot loader's file can hold" for argument in wrong
    ]
    if reasons:
        module.fail_json(
            msg="the kernel cannot be set up:\n" + "\n".join(reasons), reasons=reasons, unknown=unknown
        )
    module.exit_json(changed=False, reasons=[], unknown=unknown, virtualization=virtualization(module))


if __name__ == "__main__":
    main()
