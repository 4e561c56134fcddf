"""The RoCE contract on a server's NICs: read back with their own tools, and said again where they differ."""

from __future__ import annotations

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import roce_items, roce_read

DOCUMENTATION = r"""
module: roce
short_description: The RoCE contract on a server's NICs, read back from them
description: Asks each port with its maker's tools what it was told, and compares item by item with the
  contract. Where one differs, the port's unit is started anew and the port is asked again; what differs then
  is an error that names port, item, found and expected.
options:
  contract:
    description: 'Of the compute plane: dscp, tos, priority, cnp_dscp, cnp_priority, bandwidth_percent.'
    type: dict
    required: true
  ports:
    description: The ports.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Interface.
        type: str
        required: true
      rdma:
        description: RDMA device.
        type: str
        required: true
      tool:
        description: What sets it.
        type: str
        choices: [mlnx_qos, dcb, bnxt, nicctl, unknown]
        required: true
      argument:
        description: Metres of cable (mlnx_qos), bytes of lossless buffer (dcb).
        type: str
        default: ''
  unit:
    description: Template unit that tells a port.
    type: str
    default: rackwright-roce@
  repair:
    description: Start the unit of a port that differs.
    type: bool
    default: true
author: rackwright
"""

EXAMPLES = r"""
- name: Read the NICs back
  rackwright.node.roce:
    contract: {dscp: 26, tos: 106, priority: 3, cnp_dscp: 48, cnp_priority: 6, bandwidth_percent: 50}
    ports: [{name: enp24s0np0, rdma: mlx5_0, tool: mlnx_qos, argument: "30"}]
"""

RETURN = r"""
differences: {description: "What differed before, by port.", type: dict, returned: always}
unread: {description: "What is set and cannot be read back, by port.", type: dict, returned: always}
"""

PORT = {
    "name": {"type": "str", "required": True},
    "rdma": {"type": "str", "required": True},
    "tool": {"type": "str", "required": True, "choices": ["mlnx_qos", "dcb", "bnxt", "nicctl", "unknown"]},
    "argument": {"type": "str", "default": ""},
}
WAIT = 10
"""Seconds that a NIC may take until it says what it was told."""


def compare(module: AnsibleModule) -> dict[str, list[str]]:
    """Differences by port."""
    contract = {key: int(value) for key, value in module.params["contract"].items()}
    found: dict[str, list[str]] = {}
    for port in module.params["ports"]:
        wanted = roce_items.expected(contract, port)
        lines = roce_items.differences(wanted, roce_read.read(module, contract, port))
        if lines:
            found[port["name"]] = lines
    return found


def tell(module: AnsibleModule, ports: list[str]) -> dict[str, str]:
    """Start the units of the ports anew; those that refuse, with their last words."""
    refused = {}
    for port in ports:
        unit = f"{module.params['unit']}{port}.service"
        rc, _, err = module.run_command(["systemctl", "restart", unit])
        if rc != 0:
            _, log, _ = module.run_command(["journalctl", "-u", unit, "-n", "6", "--no-pager", "-o", "cat"])
            refused[port] = f"{unit}: {err.strip().splitlines()[0] if err.strip() else rc}; {log.strip()}"
    return refused


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "contract": {"type": "dict", "required": True},
            "ports": {"type": "list", "elements": "dict", "required": True, "options": PORT},
            "unit": {"type": "str", "default": "rackwright-roce@"},
            "repair": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    ports = module.params["ports"]
    unread = {
        port["name"]: roce_items.UNREAD[port["tool"]] for port in ports if port["tool"] in roce_items.UNREAD
    }
    lacking = roce_read.missing(module, ports)
    if lacking and module.check_mode:  # an earlier role would have installed them
        text = f"not there yet: {', '.join(lacking)}"
        module.exit_json(changed=False, differences={}, unread=unread, skipped_reason=text)
    if lacking:
        module.fail_json(
            msg=f"the NICs cannot be asked: found no {', '.join(lacking)}", differences={}, unread=unread
        )
    before = compare(module)
    lines = [f"{port} {line}" for port, texts in before.items() for line in texts]
    diff = {"before": "".join(f"{line}\n" for line in lines), "after": ""}
    if module.check_mode or not before:
        changed = bool(before) and module.params["repair"]
        module.exit_json(changed=changed, differences=before, unread=unread, diff=diff if before else [])
    refused: dict[str, str] = {}
    after = before
    if module.params["repair"]:
        refused = tell(module, sorted(before))
        end = time.monotonic() + WAIT
        after = compare(module)
        while after and not refused and time.monotonic() < end:
            time.sleep(0.5)
            after = compare(module)
    if after:
        lines = [f"{port} {line}" for port, texts in sorted(after.items()) for line in texts]
        said = "".join(f"\n{text}" for text in refused.values())
        module.fail_json(
            msg="the NICs differ from the contract:\n" + "\n".join(lines) + said,
            differences=after,
            unread=unread,
        )
    module.exit_json(changed=True, differences=before, unread=unread, diff=diff)


if __name__ == "__main__":
    main()
