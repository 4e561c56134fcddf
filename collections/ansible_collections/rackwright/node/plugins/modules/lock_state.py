"""Every locked package and file of a host, read back."""

from __future__ import annotations

import glob
import hashlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import apt, lock, package_manager

DOCUMENTATION = r"""
module: lock_state
short_description: Every locked package and file of a host, read back
description: Compares the version, the hold and the pin of every package with the host lock, and the digest of
  every locked file that is there. What belongs to a role that comes later in the same run, or that was never
  run here, is listed; anything else is a failure.
options:
  roles:
    description: 'Role to its packages, name to full version.'
    type: dict
    required: true
  follows:
    description: Roles that come later in this run.
    type: list
    elements: str
    default: []
  complete:
    description: Every role has run; one that has not is a failure, too.
    type: bool
    default: false
  files:
    description: Locked files, C(path) and C(sha256).
    type: list
    elements: dict
    default: []
author: rackwright
"""

EXAMPLES = r"""
- name: Read the lock back
  rackwright.node.lock_state:
    roles: {nccl: {libnccl2: 2.28.9-1+cuda13.0}}
"""

RETURN = r"""
pending: {description: 'What roles that have not run yet will put right.', type: dict, returned: always}
differences: {description: 'What differs, by role.', type: dict, returned: always}
"""


def digest(path: str) -> str | None:
    """SHA-256 of a file; None where there is none."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except FileNotFoundError:
        return None


def altered(files: list[dict[str, str]]) -> list[str]:
    """Locked files that are there with another content."""
    found = {entry["path"]: (digest(entry["path"]), entry["sha256"]) for entry in files}
    return [
        f"{path}: found sha256 {have}, expected {want}"
        for path, (have, want) in found.items()
        if have not in (None, want)
    ]


def untouched(packages: dict[str, str], have: dict[str, str], held: set[str], pins: dict[str, str]) -> bool:
    """Whether a role never ran here: none of its packages is installed, held or pinned. Pure.

    >>> untouched({"a": "1"}, {}, set(), {}), untouched({"a": "1"}, {}, set(), {"a": "1"})
    (True, False)
    """
    return not set(packages) & ({*have} | held | {*pins})


def preferences() -> list[str]:
    """Texts of apt's preferences."""
    texts = []
    for path in sorted(glob.glob(f"{apt.PREFERENCES}/*")):
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    return texts


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "roles": {"type": "dict", "required": True},
            "follows": {"type": "list", "elements": "str", "default": []},
            "complete": {"type": "bool", "default": False},
            "files": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    manager = package_manager.manager(module)
    wanted = lock.flattened(module.params["roles"])
    have = manager.installed(module, list(wanted)) if wanted else {}
    held = manager.held(module, wanted) if wanted else set()
    pins = lock.pinned(preferences()) if manager is apt else None
    pending, differences = {}, {}
    for role, packages in module.params["roles"].items():
        exact = {name: str(version) for name, version in packages.items() if version}
        lines = lock.state(exact, have, held, pins)
        later = role in module.params["follows"] or untouched(exact, have, held, pins or {})
        if lines:
            (pending if later and not module.params["complete"] else differences)[role] = lines
    files = altered(module.params["files"])
    if files:
        differences["files"] = files
    if differences and not module.check_mode:
        text = "\n".join(f"{role}: {line}" for role, lines in differences.items() for line in lines)
        module.fail_json(
            msg=f"the host differs from its lock:\n{text}", pending=pending, differences=differences
        )
    module.exit_json(changed=False, pending=pending, differences=differences)


if __name__ == "__main__":
    main()
