"""Firmware of NICs: what runs and what is in the flash against the host lock; burnt only when asked to."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import firmware

DOCUMENTATION = r"""
module: nic_firmware
short_description: Firmware of NICs against the host lock
description: Asks each NIC which firmware runs (C(ibv_devinfo)) and which is in its flash (C(flint) or
  C(mstflint)). With O(burn), a NIC whose flash has another version is given the image of its own board
  (PSID); an image of another board or version is never burnt. Without, differences are named with the way to
  get there.
options:
  devices:
    description: The NICs.
    type: list
    elements: dict
    required: true
    suboptions:
      rdma:
        description: RDMA device.
        type: str
        required: true
      version:
        description: Firmware of the lock.
        type: str
        required: true
      vendor:
        description: Who makes the NIC.
        type: str
        default: NVIDIA
  images:
    description: Image files.
    type: list
    elements: path
    default: []
  burn:
    description: Write the flash.
    type: bool
    default: false
  strict:
    description: Fail where a NIC has another firmware.
    type: bool
    default: true
author: rackwright
"""

EXAMPLES = r"""
- name: Read firmware back
  rackwright.node.nic_firmware:
    devices: [{rdma: mlx5_0, version: 28.47.2682}]
"""

RETURN = r"""
found: {description: "Flashed and running version and board, by device.", type: dict, returned: always}
differences: {description: "Found, expected, and the way there.", type: list, returned: always}
reasons: {description: Why a NIC must be reset., type: list, returned: always}
burnt: {description: Devices that were (or would be) burnt., type: list, returned: always}
"""

DEVICE = {
    "rdma": {"type": "str", "required": True},
    "version": {"type": "str", "required": True},
    "vendor": {"type": "str", "default": "NVIDIA"},
}
CLASS = "/sys/class/infiniband"
TOOLS = ("flint", "mstflint")
BURNT = 1800
"""Seconds that one burn may take."""


class Cards:
    """The NICs of this machine, asked with the tool that is there."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.tool = next((tool for tool in TOOLS if module.get_bin_path(tool)), None)

    def slot(self, device: str) -> str | None:
        """Its place on the PCI bus."""
        link = f"{CLASS}/{device}/device"
        return os.path.basename(os.path.realpath(link)) if os.path.exists(link) else None

    def ask(self, *words: str) -> dict[str, str]:
        """``flint ... query``."""
        if self.tool is None:
            return {}
        rc, out, _ = self.module.run_command([self.tool, *words, "query"])
        return firmware.query(out) if rc == 0 else {}

    def read(self, device: dict[str, str]) -> dict[str, str | None]:
        """Flashed and running version, and the board."""
        name = device["rdma"]
        found: dict[str, str | None] = {"flashed": None, "psid": None, "running": None}
        if self.module.get_bin_path("ibv_devinfo"):
            rc, out, _ = self.module.run_command(["ibv_devinfo", "-d", name])
            found["running"] = firmware.running(out) if rc == 0 else None
        slot = self.slot(name)
        if device["vendor"] == "NVIDIA" and slot:
            said = self.ask("-d", slot)
            found |= {key: said.get(key) for key in ("flashed", "psid")}
        return found

    def burn(self, device: str, path: str) -> str:
        """Write the flash; what the tool says when it refuses."""
        command = [str(self.tool), "-d", str(self.slot(device)), "-i", path, "-y", "burn"]
        rc, out, err = self.module.run_command(["timeout", str(BURNT), *command])
        return "" if rc == 0 else f"{' '.join(command)}: {(err.strip() or out.strip())[-400:]}"


def way(cards: Cards, device: dict[str, str], found: dict[str, str | None]) -> str:
    """How somebody gets the firmware of the lock onto the NIC."""
    if device["vendor"] != "NVIDIA":
        return f"burn it with {device['vendor']}'s own tool"
    tool = cards.tool or "mstflint"
    board = found["psid"] or "its board"
    command = f"{tool} -d {cards.slot(device['rdma']) or 'PCI-ADDRESS'} -i IMAGE -y burn"
    return (
        f"name an image for {board} in nic_firmware_images and set nic_firmware_burn,"
        f" or run {command} and reset it"
    )


def images(cards: Cards, paths: list[str]) -> dict[tuple[str, str], str]:
    """Path by board and version."""
    found: dict[tuple[str, str], str] = {}
    for path in paths:
        said = cards.ask("-i", path)
        if {"psid", "flashed"} <= set(said):
            found[said["psid"], said["flashed"]] = path
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "devices": {"type": "list", "elements": "dict", "required": True, "options": DEVICE},
            "images": {"type": "list", "elements": "path", "default": []},
            "burn": {"type": "bool", "default": False},
            "strict": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    asked, cards = module.params, Cards(module)
    there = images(cards, asked["images"])
    found: dict[str, dict[str, str | None]] = {}
    wrong: list[str] = []
    reasons: list[str] = []
    burnt: list[str] = []
    diff: dict[str, Any] = {"before": "", "after": ""}
    for device in asked["devices"]:
        name, expected = device["rdma"], device["version"]
        state = cards.read(device)
        path = there.get((state["psid"] or "", expected))
        if asked["burn"] and state["flashed"] not in (None, expected) and path:
            burnt.append(name)
            diff["before"] += f"firmware of {name} {state['flashed']}\n"
            diff["after"] += f"firmware of {name} {expected}\n"
            refused = "" if module.check_mode else cards.burn(name, path)
            if refused:
                module.fail_json(msg=refused, found=found, burnt=burnt)
            state = {**state, "flashed": expected} if module.check_mode else cards.read(device)
        found[name] = state
        lines, more = firmware.judge(name, state, expected, way(cards, device, state))
        wrong += lines
        reasons += more
    if wrong and asked["strict"] and not module.check_mode:
        text = "NIC firmware differs from the lock:\n" + "\n".join(wrong)
        module.fail_json(msg=text, found=found, differences=wrong, reasons=reasons, burnt=burnt)
    module.exit_json(
        changed=bool(burnt),
        found=found,
        differences=wrong,
        reasons=reasons,
        burnt=burnt,
        diff=diff if burnt else [],
    )


if __name__ == "__main__":
    main()
