"""Every reason not to install a GPU driver, at once and before anything changes."""

from __future__ import annotations

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import apt, driver

DOCUMENTATION = r"""
module: driver_preflight
short_description: Every reason not to install a GPU driver, at once
description: Asks the machine whether the driver of the host lock can be installed; fails with all reasons
  together. In check mode a machine whose package source is not set up yet is left unjudged where nobody
  can know.
options:
  packages:
    description: Package to full version.
    type: dict
    required: true
  driver:
    description: The driver's version.
    type: str
    required: true
  fabric_manager:
    description: 'The fabric manager''s version; empty: none.'
    type: str
    default: ''
  kernel_minimum:
    description: Oldest kernel that will do.
    type: str
    default: '0'
  free_mib:
    description: Free space that the installation needs in MiB.
    type: int
    default: 2048
author: rackwright
"""

EXAMPLES = r"""
- name: Can the driver be installed?
  rackwright.node.driver_preflight:
    packages: {nvidia-driver-cuda: 580.159.03-1}
    driver: 580.159.03
"""

RETURN = r"""
reasons:
  description: Why not.
  type: list
  returned: always
unknown:
  description: What could not be asked in check mode.
  type: list
  returned: always
needed:
  description: Whether anything has to be installed.
  type: bool
  returned: always
headers_package:
  description: Headers to install first; empty when they are there.
  type: str
  returned: always
"""


def numbers(version: str) -> tuple[int, ...]:
    """Leading numbers of a version, to compare.

    >>> numbers("6.12.57+deb13") > numbers("4.15")
    True
    """
    return tuple(int(part) for part in re.match(r"[0-9.]*", version)[0].split(".") if part)  # type: ignore[index]


def lock_reasons(packages: dict[str, str], version: str, manager: str) -> list[str]:
    """What is wrong with the lock itself."""
    reasons = []
    if manager and manager != version:
        reasons.append(
            f"lock: fabric manager: found {manager}, expected the driver's {version}: they do not start"
        )
    for name, full in sorted(packages.items()):
        if name.startswith(("nvidia-", "libnvidia-", "libcuda")) and full.partition("-")[0] != version:
            reasons.append(f"lock: {name}: found {full}, expected {version}-*")
    return reasons


def offer_reasons(module: AnsibleModule, missing: dict[str, str]) -> tuple[list[str], list[str]]:
    """Packages that nobody offers in the locked version: reasons, and what check mode cannot know."""
    if not missing:
        return [], []
    known = apt.offered(module, list(missing))
    absent = {name: version for name, version in missing.items() if version not in known[name]}
    if absent and not module.check_mode:
        apt.update(module)
        known = apt.offered(module, list(missing))
        absent = {name: version for name, version in missing.items() if version not in known[name]}
    texts = [
        f"repository: {name}: found {', '.join(known[name]) or 'none'}, expected {version}"
        for name, version in sorted(absent.items())
    ]
    nobody = module.check_mode and not any(known.values())
    return ([], texts) if nobody else (texts, [])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "dict", "required": True},
            "driver": {"type": "str", "required": True},
            "fabric_manager": {"type": "str", "default": ""},
            "kernel_minimum": {"type": "str", "default": "0"},
            "free_mib": {"type": "int", "default": 2048},
        },
        supports_check_mode=True,
    )
    asked = module.params
    packages = {name: str(version) for name, version in asked["packages"].items()}
    have = apt.installed(module, list(packages))
    missing = {name: version for name, version in packages.items() if have.get(name) != version}
    reasons = lock_reasons(packages, asked["driver"], asked["fabric_manager"])
    kernel = os.uname().release
    if numbers(kernel) < numbers(asked["kernel_minimum"]):
        reasons.append(f"kernel: found {kernel}, expected {asked['kernel_minimum']} or newer")
    headers = f"linux-headers-{kernel.lower()}"
    have_headers = os.path.exists(f"/lib/modules/{kernel}/build")
    unknown: list[str] = []
    if missing:
        more, unknown = offer_reasons(module, missing)
        reasons += more
        if not have_headers and not apt.offered(module, [headers])[headers]:
            text = f"kernel headers: found none for {kernel}, expected {headers} here or in the repository"
            (unknown if unknown else reasons).append(text)
        room = os.statvfs("/usr")
        free = room.f_bavail * room.f_frsize // 2**20
        if free < asked["free_mib"]:
            reasons.append(f"disk: found {free} MiB free in /usr, expected {asked['free_mib']} MiB")
        running = driver.jobs()
        if running:
            reasons.append(
                f"jobs: found {', '.join(running)} on the GPUs, expected none; drain the machine first"
            )
    if reasons:
        module.fail_json(
            msg="the driver cannot be installed:\n" + "\n".join(reasons), reasons=reasons, unknown=unknown
        )
    module.exit_json(
        changed=False,
        reasons=[],
        unknown=unknown,
        needed=bool(missing),
        headers_package=headers if missing and not have_headers else "",
    )


if __name__ == "__main__":
    main()
