"""How the kernel shares RDMA devices between network namespaces, set and read back."""

from __future__ import annotations

import json

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: rdma_netns
short_description: How the kernel shares RDMA devices between network namespaces
description: Sets the mode where the kernel lets one (only while there is no other network namespace), and
  says otherwise that the next boot brings it. A kernel without RDMA is left alone and named.
options:
  mode:
    description: C(exclusive) gives a device to one namespace, as CNI and DRA drivers that move it need.
    type: str
    choices: [shared, exclusive]
    required: true
author: rackwright
"""

EXAMPLES = r"""
- name: Share RDMA devices between namespaces
  rackwright.node.rdma_netns: {mode: shared}
"""

RETURN = r"""
found: {description: "The mode before; empty where the kernel has no RDMA.", type: str, returned: always}
reasons: {description: Why a reboot is needed., type: list, returned: always}
"""


def mode(text: str) -> str:
    """The mode in the answer of ``rdma -j system show``; empty where it has none.

    >>> mode('[{"netns":"shared","copy-on-fork":"on"}]'), mode("")
    ('shared', '')
    """
    try:
        rows = json.loads(text or "[]")
    except ValueError:
        return ""
    row = rows[0] if isinstance(rows, list) and rows else rows
    return str(row.get("netns", "")) if isinstance(row, dict) else ""


def main() -> None:
    module = AnsibleModule(
        argument_spec={"mode": {"type": "str", "choices": ["shared", "exclusive"], "required": True}},
        supports_check_mode=True,
    )
    wanted = module.params["mode"]
    if module.get_bin_path("rdma") is None:
        module.exit_json(changed=False, found="", reasons=[], skipped_reason="there is no command rdma yet")
    _, out, err = module.run_command(["rdma", "-j", "system", "show"])
    found = mode(out)
    if not found:
        module.exit_json(changed=False, found="", reasons=[], skipped_reason=f"no RDMA here: {err.strip()}")
    if found == wanted:
        module.exit_json(changed=False, found=found, reasons=[])
    reasons: list[str] = []
    if not module.check_mode:
        rc, _, err = module.run_command(["rdma", "system", "set", "netns", wanted])
        _, out, _ = module.run_command(["rdma", "-j", "system", "show"])
        if rc != 0 or mode(out) != wanted:
            reasons = [
                f"RDMA namespaces: {found} now, {wanted} from the next boot on ({err.strip() or out.strip()})"
            ]
    diff = {"before": f"netns {found}\n", "after": f"netns {wanted}\n"}
    module.exit_json(changed=not reasons, found=found, reasons=reasons, diff=diff)


if __name__ == "__main__":
    main()
