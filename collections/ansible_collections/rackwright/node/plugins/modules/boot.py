"""Which boot a machine is in, what an earlier run marked, and who uses its GPUs."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import driver

DOCUMENTATION = r"""
module: boot
short_description: Which boot a machine is in, and whether it may leave it
description: Reads the kernel's boot id, the mark of a reboot that an earlier run began, and the processes
  that hold a GPU open. Changes nothing.
options:
  mark:
    description: File in which a reboot is marked before it begins.
    type: path
    required: true
  in_service:
    description: File that says that the machine was put into service; empty, not asked.
    type: str
    default: ''
  idle:
    description: Fail when a process holds a GPU open.
    type: bool
    default: false
  other_than:
    description: Fail when the machine is still in the boot of this id; not checked where it is empty.
    type: str
    default: ''
author: rackwright
"""

EXAMPLES = r"""
- name: See that nobody uses a GPU any more
  rackwright.node.boot: {mark: /var/lib/rackwright/reboot.json, idle: true}
"""

RETURN = r"""
id: {description: The boot id., type: str, returned: always}
in_service: {description: Whether the machine was ever put into service., type: bool, returned: always}
begun: {description: "The mark: the boot that it was made in, and the reasons; empty: none.", type: dict,
        returned: always}
jobs: {description: "Processes that hold a GPU open, as name (pid).", type: list, returned: always}
"""

BOOT_ID = "/proc/sys/kernel/random/boot_id"


def marked(path: str) -> dict[str, Any]:
    """The mark of an earlier run; one that was cut short says nothing and counts as none."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) and {"boot", "reasons"} <= found.keys() else {}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "mark": {"type": "path", "required": True},
            "in_service": {"type": "str", "default": ""},
            "idle": {"type": "bool", "default": False},
            "other_than": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    with open(BOOT_ID, encoding="utf-8") as file:
        boot = file.read().strip()
    jobs = [job for vendor in sorted(driver.GPU) for job in driver.jobs(vendor)]
    found = {
        "id": boot,
        "in_service": os.path.exists(module.params["in_service"]),
        "begun": marked(module.params["mark"]),
        "jobs": jobs,
    }
    if module.params["other_than"] == boot:
        module.fail_json(msg=f"it was told to reboot and is still in the boot {boot}", **found)
    if module.params["idle"] and found["jobs"]:
        module.fail_json(
            msg=f"jobs: found {', '.join(found['jobs'])} on the GPUs, expected none: it is not rebooted; "
            "wait for them, or give a drain command that does",
            **found,
        )
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
