"""What an RDMA stack says of itself, against the host lock and the design."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import ofed, package_manager

DOCUMENTATION = r"""
module: rdma_layers
short_description: What an RDMA stack says of itself, and which devices it shows
description: Reads packages, C(ofed_info), kernel modules and C(ibv_devices); fails with layer, found and
  expected for each that differs.
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
  reports:
    description: 'What C(ofed_info -s) says; empty: not judged.'
    type: str
    default: ''
  devices:
    description: RDMA devices that must be there.
    type: list
    elements: str
    required: true
  modules:
    description: Kernel modules that must be loaded.
    type: list
    elements: str
    default: []
author: rackwright
"""

EXAMPLES = r"""
- name: Read the stack back
  rackwright.node.rdma_layers:
    flavour: inbox
    packages: {ibverbs-utils: 56.1-1}
    devices: [mlx5_0]
"""

RETURN = r"""
devices: {description: Devices that were found., type: list, returned: always}
differences: {description: "Layer, found, expected.", type: list, returned: always}
"""


def builtin(release: str) -> set[str]:
    """Modules that are part of the kernel itself."""
    try:
        with open(f"/lib/modules/{release}/modules.builtin", encoding="utf-8") as file:
            names = {os.path.basename(line.strip()).partition(".")[0] for line in file}
    except FileNotFoundError:
        return set()
    return {name.replace("-", "_") for name in names}


def stack(module: AnsibleModule) -> list[str]:
    """``ofed_info`` against the lock."""
    asked = module.params
    answer = ""
    if module.get_bin_path("ofed_info"):
        _, answer, _ = module.run_command(["ofed_info", "-s"])
    name, version = ofed.stack(answer)
    if asked["flavour"] == ofed.INBOX:
        return [f"ofed_info: found {name} {version}, expected none"] if name else []
    if asked["reports"] and version != asked["reports"]:
        return [f"ofed_info: found {version or 'none'}, expected {asked['reports']}"]
    return []


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "flavour": {"type": "str", "choices": ["inbox", "doca-ofed"], "required": True},
            "packages": {"type": "dict", "required": True},
            "reports": {"type": "str", "default": ""},
            "devices": {"type": "list", "elements": "str", "required": True},
            "modules": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    asked = module.params
    have = package_manager.manager(module).installed(module, list(asked["packages"]))
    if module.check_mode and not have:
        module.exit_json(changed=False, devices=[], differences=[], skipped_reason="nothing is installed yet")
    wrong = [
        f"package {name}: found {have.get(name, 'none')}, expected {version}"
        for name, version in sorted(asked["packages"].items())
        if have.get(name) != str(version)
    ]
    wrong += stack(module)
    inside = builtin(os.uname().release)
    names = [name.replace("-", "_") for name in asked["modules"]]
    wrong += [
        f"kernel module {name}: found none loaded"
        for name in names
        if name not in inside and not os.path.exists(f"/sys/module/{name}")
    ]
    rc, out, err = (
        module.run_command(["ibv_devices"]) if module.get_bin_path("ibv_devices") else (1, "", "none")
    )
    found = ofed.devices(out) if rc == 0 else []
    missing = sorted(set(asked["devices"]) - set(found))
    if missing:
        answer = f"; it said: {err.strip()[:200]}" if rc != 0 else ""
        wrong.append(f"devices: found no {', '.join(missing)} in ibv_devices{answer}")
    if wrong and not module.check_mode:
        text = "the RDMA stack differs from the lock:\n" + "\n".join(wrong)
        module.fail_json(msg=text, devices=found, differences=wrong)
    module.exit_json(changed=False, devices=found, differences=wrong)


if __name__ == "__main__":
    main()
