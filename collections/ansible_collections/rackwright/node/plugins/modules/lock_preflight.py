"""Every reason why a host cannot hold its host lock, at once and before anything changes."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import apt_apart, driver, lock, package_manager

DOCUMENTATION = r"""
module: lock_preflight
short_description: Every reason why a host cannot hold its host lock, at once
description: Looks at distribution, architecture, kernel, Secure Boot, disk room, running jobs and, for every
  package of every role that the host gets, whether the repository offers the locked version, whether all can
  be installed together, and whether anybody else offers a higher one. A repository that is not set up yet is
  asked with a configuration of its own that goes again. Changes nothing.
options:
  os:
    description: C(id), C(major) and C(codename) of the lock's distribution.
    type: dict
    required: true
  roles:
    description: 'Role to its packages, name to full version.'
    type: dict
    required: true
  repository:
    description: C(uri), C(suite), C(component) and C(key) of the repository; empty, that of the machine.
    type: dict
    default: {}
    no_log: false
  architectures:
    description: Architectures that the lock is for, as the package manager names them.
    type: list
    elements: str
    default: [amd64, arm64, x86_64, aarch64]
  kernel_minimum:
    description: Oldest kernel that will do.
    type: str
    default: '0'
  free_mib:
    description: Room in MiB that must be left in C(/usr) and C(/var) after the installation.
    type: int
    default: 1024
  signed_modules:
    description: Whether modules built here are signed with a key that the firmware knows.
    type: bool
    default: false
  vendor:
    description: Maker of the GPUs; empty, none.
    type: str
    default: ''
author: rackwright
"""

EXAMPLES = r"""
- name: Can this host hold its lock?
  rackwright.node.lock_preflight:
    os: {id: debian, major: 13}
    roles: {nccl: {libnccl2: 2.28.9-1+cuda13.0}}
"""

RETURN = r"""
reasons: {description: Why not., type: list, returned: always}
replaced: {description: Packages that would be replaced., type: list, returned: always}
missing: {description: Packages that would be installed., type: list, returned: always}
"""

OPTIONS = {
    "os": {"type": "dict", "required": True},
    "roles": {"type": "dict", "required": True},
    "repository": {"type": "dict", "default": {}, "no_log": False},
    "architectures": {"type": "list", "elements": "str", "default": ["amd64", "arm64", "x86_64", "aarch64"]},
    "kernel_minimum": {"type": "str", "default": "0"},
    "free_mib": {"type": "int", "default": 1024},
    "signed_modules": {"type": "bool", "default": False},
    "vendor": {"type": "str", "default": ""},
}


def machine(asked: dict[str, Any], found: dict[str, str], architecture: str) -> list[str]:
    """What the machine itself has against the lock."""
    reasons = lock.distribution(found, asked["os"])
    if architecture not in asked["architectures"]:
        expected = " or ".join(asked["architectures"])
        reasons.append(f"architecture: found {architecture}, expected {expected}")
    kernel = os.uname().release
    if lock.numbers(kernel) < lock.numbers(asked["kernel_minimum"]):
        reasons.append(f"kernel: found {kernel}, expected {asked['kernel_minimum']} or newer")
    return reasons + lock.disagreements(asked["roles"])


def absent(missing: dict[str, str], offers: list[apt_apart.Offer]) -> list[str]:
    """Locked versions that nobody offers."""
    versions: dict[str, list[str]] = {name: [] for name in missing}
    for name, version, _ in offers:
        versions.setdefault(name, []).append(version)
    return [
        f"repository: {name}: found {', '.join(dict.fromkeys(versions[name])) or 'none'}, expected {version}"
        for name, version in sorted(missing.items())
        if version not in versions[name]
    ]


def elsewhere(
    module: AnsibleModule, wanted: dict[str, str], offers: list[apt_apart.Offer], uri: str
) -> list[str]:
    """Others that offer a higher version: an upgrade would go there one day."""
    return [
        f"two sources: {name}: found {version} at {source.split()[0]}, expected none above {wanted[name]}"
        for name, version, source in offers
        if uri and not source.startswith(uri) and apt_apart.newer(module, version, wanted[name])
    ]


def room(needed: int, left: int) -> list[str]:
    """Where the installation would leave too little room."""
    reasons = []
    for path in ("/usr", "/var"):
        found = os.statvfs(path)
        free = found.f_bavail * found.f_frsize // 2**20
        if free < needed + left:
            reasons.append(
                f"disk: found {free} MiB free in {path}, expected {needed} MiB and {left} MiB to spare"
            )
    return reasons


def by_apt(module: AnsibleModule, wanted: dict[str, str], missing: dict[str, str]) -> list[str]:
    """What apt has against the packages."""
    repository = module.params["repository"] or {}
    here = apt_apart.ask(module, list(wanted), [])
    reasons = elsewhere(module, wanted, here, repository.get("uri", ""))
    if not missing:
        return reasons
    if absent(missing, here) and repository.get("uri"):
        with apt_apart.apart(module, repository) as options:
            if not options:
                return [
                    *reasons,
                    f"repository: {repository['uri']}: found it silent, expected its package lists",
                ]
            lines = absent(missing, apt_apart.ask(module, list(missing), options))
            needed, refused = (0, "") if lines else apt_apart.rehearse(module, missing, options)
    else:
        lines = absent(missing, here)
        needed, refused = (0, "") if lines else apt_apart.rehearse(module, missing, [])
    reasons += lines
    if refused:
        reasons.append(f"repository: the packages cannot be installed together: {refused}")
    return reasons + room(needed, module.params["free_mib"])


def by_dnf(module: AnsibleModule, missing: dict[str, str]) -> list[str]:
    """What dnf has against the packages."""
    offers = package_manager.manager(module).offered(module, list(missing)) if missing else {}
    rows = [(name, version, "") for name, versions in offers.items() for version in versions]
    return absent(missing, rows) + (room(0, module.params["free_mib"]) if missing else [])


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    asked = module.params
    with open(package_manager.RELEASE, encoding="utf-8") as file:
        text = file.read()
    debian = package_manager.family(text) == "debian"
    command = ["dpkg", "--print-architecture"] if debian else ["uname", "-m"]
    _, out, _ = module.run_command(command, check_rc=True)
    reasons = machine(asked, lock.release(text), out.strip())
    wanted = lock.flattened(asked["roles"])
    have = package_manager.manager(module).installed(module, list(wanted)) if wanted else {}
    missing = {name: version for name, version in wanted.items() if have.get(name) != version}
    replaced = sorted(set(missing) & set(have))
    # The repository of another distribution has nothing to say about this machine.
    if not lock.distribution(lock.release(text), asked["os"]):
        reasons += by_apt(module, wanted, missing) if debian else by_dnf(module, missing)
    built = sorted(name for name in missing if name.endswith("-dkms"))
    if built and lock.secure_boot() and not asked["signed_modules"]:
        text = "found it on, expected it off or signed modules"
        reasons.append(f"Secure Boot: {text}: {', '.join(built)}: built here unsigned")
    running = driver.jobs(asked["vendor"]) if replaced and asked["vendor"] in driver.GPU else []
    if running:
        reasons.append(
            f"jobs: found {', '.join(running)} on the GPUs, expected none while {', '.join(replaced)} "
            "would be replaced; drain the machine first"
        )
    if reasons:
        text = "the host cannot hold its lock:\n" + "\n".join(reasons)
        module.fail_json(msg=text, reasons=reasons, replaced=replaced, missing=sorted(missing))
    module.exit_json(changed=False, reasons=[], replaced=replaced, missing=sorted(missing))


if __name__ == "__main__":
    main()
