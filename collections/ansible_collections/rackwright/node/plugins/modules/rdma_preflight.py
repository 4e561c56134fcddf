"""Every reason not to install an RDMA stack, at once and before anything changes."""

from __future__ import annotations

import glob
import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import ofed, package_manager

DOCUMENTATION = r"""
module: rdma_preflight
short_description: Every reason not to install an RDMA stack, at once
description: Refuses to put one stack over another, asks whether the locked versions are offered and whether
  somebody uses the devices; fails with all reasons together.
options:
  flavour:
    description: The stack of the lock.
    type: str
    choices: [inbox, doca-ofed]
    required: true
  packages:
    description: Package to full version.
    type: dict
    required: true
author: rackwright
"""

EXAMPLES = r"""
- name: Can the stack be installed?
  rackwright.node.rdma_preflight:
    flavour: doca-ofed
    packages: {mlnx-tools: 25.07-0.2507097}
"""

RETURN = r"""
needed: {description: Whether anything has to be installed., type: bool, returned: always}
contained: {description: "Whether the machine shares its host's kernel.", type: bool, returned: always}
unknown: {description: What could not be asked in check mode., type: list, returned: always}
"""


def users() -> list[str]:
    """Processes that hold an RDMA device open, as ``name (pid)``."""
    found = []
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            links = {os.readlink(link) for link in glob.glob(f"{folder}/fd/*")}
            with open(f"{folder}/comm", encoding="utf-8") as file:
                name = file.read().strip()
        except OSError:  # it ended while we looked
            continue
        if any(link.startswith("/dev/infiniband/uverbs") for link in links):
            found.append(f"{name} ({os.path.basename(folder)})")
    return sorted(found)


def said(module: AnsibleModule, command: list[str]) -> str:
    """A command's answer; empty where it is not there or has none."""
    if module.get_bin_path(command[0]) is None:
        return ""
    rc, out, _ = module.run_command(command)
    return out if rc == 0 else ""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "flavour": {"type": "str", "choices": ["inbox", "doca-ofed"], "required": True},
            "packages": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    wanted = {name: str(version) for name, version in module.params["packages"].items()}
    manager = package_manager.manager(module)
    names = manager.known(module, ofed.patterns())
    installed = manager.installed(module, names) if names else {}
    answer = said(module, ["ofed_info", "-s"])
    reasons = ofed.reasons(module.params["flavour"], answer, installed, wanted)
    missing = package_manager.missing(module, wanted)
    offers, unknown = package_manager.offer_reasons(module, missing)
    reasons += offers
    if missing and (jobs := users()):
        reasons.append(f"jobs: found {', '.join(jobs)} on the RDMA devices, expected none; drain the machine")
    if reasons:
        text = "the RDMA stack cannot be installed:\n" + "\n".join(reasons)
        module.fail_json(msg=text, reasons=reasons, unknown=unknown)
    rc, _, _ = module.run_command(["systemd-detect-virt", "--container", "--quiet"])
    module.exit_json(changed=False, reasons=[], unknown=unknown, needed=bool(missing), contained=rc == 0)


if __name__ == "__main__":
    main()
