"""Every reason not to install a GPU driver, at once and before anything changes."""

from __future__ import annotations

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import driver, package_manager

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
  companions:
    description: Packages of others that are installed along with it (the persistence daemon).
    type: dict
    default: {}
  vendor:
    description: Whose driver.
    type: str
    choices: [nvidia, amd]
    default: nvidia
  open:
    description: Only the open kernel modules will do (GPUDirect Storage and DMA-BUF need them).
    type: bool
    default: false
  state:
    description: 'C(absent): the driver is to go, and only who uses it is asked.'
    type: str
    choices: [present, absent]
    default: present
  reboot_allowed:
    description: 'As role reboot has it: a loaded driver of another version stays until the machine boots, so
      that a machine that may not be rebooted keeps the whole driver that it has.'
    type: str
    choices: [never, commissioning, always]
    default: always
  refusals:
    description: Reasons that the caller has found already.
    type: list
    elements: str
    default: []
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
headers:
  description: 'Headers to install first, package to version; empty when they are there.'
  type: dict
  returned: always
"""


def numbers(version: str) -> tuple[int, ...]:
    """Leading numbers of a version, to compare.

    >>> numbers("6.12.57+deb13") > numbers("4.15")
    True
    """
    return tuple(int(part) for part in re.match(r"[0-9.]*", version)[0].split(".") if part)  # type: ignore[index]


def upstream(full: str) -> str:
    """A package's version without epoch and revision.

    >>> upstream("3:580.159.03-1.el9"), upstream("580.159.03-1")
    ('580.159.03', '580.159.03')
    """
    return full.rpartition(":")[2].partition("-")[0]


def lock_reasons(packages: dict[str, str], version: str, only_open: bool = False) -> list[str]:
    """What is wrong with the lock itself; AMD's packages have a build number after the version."""
    reasons = [
        f"lock: {name}: found {full}, expected {version}-*"
        for name, full in sorted(packages.items())
        if re.match(r"(nvidia-(?!fs)|libnvidia-|libcuda|kmod-nvidia)", name) and upstream(full) != version
    ]
    reasons += [
        f"lock: {name}: found {full}, expected {version}.*"
        for name, full in sorted(packages.items())
        if name == "amdgpu-dkms" and not upstream(full).startswith(f"{version}.")
    ]
    modules = [name for name in sorted(packages) if re.search(r"dkms|kernel|kmod-nvidia|modules", name)]
    if only_open and modules and not any("open" in name for name in modules):
        reasons.append(f"lock: kernel modules: found {', '.join(modules)}, expected the open ones")
    return reasons


def job_reasons(vendor: str) -> list[str]:
    """Who uses the GPUs."""
    running = driver.jobs(vendor)
    if not running:
        return []
    return [f"jobs: found {', '.join(running)} on the GPUs, expected none; drain the machine first"]


IN_SERVICE = "/var/lib/rackwright/in-service"
"""Role in_service leaves it on a host that holds its whole lock."""


def reboot_reasons(loaded: str | None, version: str, allowed: str, in_service: bool) -> list[str]:
    """New libraries under an old module leave no job a GPU. Pure.

    >>> reboot_reasons("570.158.01", "580.159.03", "commissioning", in_service=False)
    []
    """
    if loaded in (None, version) or allowed == "always" or (allowed == "commissioning" and not in_service):
        return []
    return [
        f"reboot: found module {loaded} loaded, and {version} takes a reboot that is not allowed here: "
        "rackwright roll drains, changes and reboots host by host"
    ]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "dict", "required": True},
            "driver": {"type": "str", "required": True},
            "companions": {"type": "dict", "default": {}},
            "vendor": {"type": "str", "choices": ["nvidia", "amd"], "default": "nvidia"},
            "open": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "refusals": {"type": "list", "elements": "str", "default": []},
            "reboot_allowed": {
                "type": "str",
                "choices": ["never", "commissioning", "always"],
                "default": "always",
            },
            "kernel_minimum": {"type": "str", "default": "0"},
            "free_mib": {"type": "int", "default": 2048},
        },
        supports_check_mode=True,
    )
    asked = module.params
    packages = {name: str(version) for name, version in asked["packages"].items()}
    companions = {name: str(version) for name, version in asked["companions"].items()}
    tool = package_manager.manager(module)
    if asked["state"] == "absent":
        reasons = job_reasons(asked["vendor"]) if tool.known(module, list(packages)) else []
        if reasons:
            module.fail_json(msg="the driver cannot be taken away:\n" + "\n".join(reasons), reasons=reasons)
        module.exit_json(changed=False, reasons=[], unknown=[], needed=False, headers={})
    missing = package_manager.missing(module, packages)
    reasons = [*asked["refusals"], *lock_reasons({**companions, **packages}, asked["driver"], asked["open"])]
    kernel = os.uname().release
    if numbers(kernel) < numbers(asked["kernel_minimum"]):
        reasons.append(f"kernel: found {kernel}, expected {asked['kernel_minimum']} or newer")
    headers = {} if os.path.exists(f"/lib/modules/{kernel}/build") else tool.headers(kernel)
    unknown: list[str] = []
    if missing:
        wanted = {**package_manager.missing(module, companions), **missing}
        more, unknown = package_manager.offer_reasons(module, wanted)
        reasons += more
        for name, version in headers.items():
            offers = tool.offered(module, [name])[name]
            if not offers or (version and version not in offers):
                text = f"kernel headers: found none for {kernel}, expected {name} here or in the repository"
                (unknown if unknown else reasons).append(text)
        room = os.statvfs("/usr")
        free = room.f_bavail * room.f_frsize // 2**20
        if free < asked["free_mib"]:
            reasons.append(f"disk: found {free} MiB free in /usr, expected {asked['free_mib']} MiB")
        reasons += job_reasons(asked["vendor"])
        loaded = driver.in_kernel(asked["vendor"] if asked["vendor"] == "nvidia" else "amdgpu")
        in_service = os.path.exists(IN_SERVICE)
        reasons += reboot_reasons(loaded, asked["driver"], asked["reboot_allowed"], in_service)
    if reasons:
        module.fail_json(
            msg="the driver cannot be installed:\n" + "\n".join(reasons), reasons=reasons, unknown=unknown
        )
    module.exit_json(
        changed=False,
        reasons=[],
        unknown=unknown,
        needed=bool(missing),
        headers=headers if missing else {},
    )


if __name__ == "__main__":
    main()
