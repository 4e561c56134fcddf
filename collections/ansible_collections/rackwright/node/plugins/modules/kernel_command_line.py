"""The arguments that the kernel boots with, told to the boot loader that is there."""

from __future__ import annotations

import os
import platform

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import command_line

DOCUMENTATION = r"""
module: kernel_command_line
short_description: The arguments that the kernel boots with
description: Writes a drop-in for GRUB and makes its menu again where the menu has other arguments, or tells
  grubby where that keeps the entries. A machine without a boot loader is told nothing; the arguments are then
  listed as those of the machine that hosts it.
options:
  arguments:
    description: 'The arguments, as rows: argument, and cpu (the maker as in /proc/cpuinfo; absent: all).'
    type: list
    elements: dict
    required: true
  release:
    description: 'Release of the kernel to boot (uname -r); empty: the newest.'
    type: str
    default: ''
  managed:
    description: First words of the file.
    type: str
    default: Written by rackwright
  state:
    description: Whether the boot loader has them.
    type: str
    choices: [present, absent]
    default: present
author: rackwright
"""

EXAMPLES = r"""
- name: Boot with these arguments
  rackwright.node.kernel_command_line:
    arguments: [{argument: iommu=pt}, {argument: intel_iommu=on, cpu: GenuineIntel}]
"""

RETURN = r"""
arguments: {description: Arguments of this machine's CPU., type: list, returned: always}
boot_loader: {description: "C(grub), C(grubby) or empty.", type: str, returned: always}
not_ours: {description: "Arguments that the machine's host has to boot with.", type: list, returned: always}
"""

DROP_IN = "/etc/default/grub.d/90-rackwright.cfg"
MENU = "/boot/grub/grub.cfg"


def cpu_vendor() -> str:
    """Maker of the CPU as the kernel writes it; empty on machines that do not say."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("vendor_id"):
                return line.partition(":")[2].strip()
    return ""


def read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def lacking(arguments: list[str]) -> bool:
    """Whether an entry of the menu has other arguments."""
    lines = command_line.from_grub(read(MENU) or "")
    return not lines or any(command_line.differences(arguments, line) for line in lines)


def unmade() -> bool:
    """Whether the drop-in is younger than the menu: an earlier run was killed before it made the menu anew.

    The folder's own time stamp tells of a drop-in that was taken away.
    """
    try:
        made = os.stat(MENU).st_mtime
    except FileNotFoundError:
        return True
    paths = [DROP_IN, os.path.dirname(DROP_IN)]
    return any(os.stat(path).st_ctime > made for path in paths if os.path.exists(path))


def grub(module: AnsibleModule, text: str | None, arguments: list[str]) -> tuple[bool, dict[str, str]]:
    """Drop-in and menu; ``text`` None: no drop-in."""
    before = read(DROP_IN)
    diff = {"before_header": DROP_IN, "after_header": DROP_IN, "before": before or "", "after": text or ""}
    changed = before != text or unmade() or (text is not None and lacking(arguments))
    if not changed or module.check_mode:
        return changed, diff
    if text is None and before is not None:
        os.unlink(DROP_IN)
    elif text is not None and before != text:
        os.makedirs(os.path.dirname(DROP_IN), exist_ok=True)
        with open(f"{DROP_IN}.new~", "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(f"{DROP_IN}.new~", 0o644)
        os.replace(f"{DROP_IN}.new~", DROP_IN)
    rc, out, err = module.run_command(["update-grub"])
    if rc != 0:
        module.fail_json(msg=f"update-grub: {(err or out).strip()[-800:]}")
    if text is not None and lacking(arguments):
        module.fail_json(
            msg=f"{MENU}: made by update-grub, and its entries lack some of {' '.join(arguments)}"
        )
    return True, diff


def grubby(module: AnsibleModule, arguments: list[str], release: str, state: str) -> bool:
    """Entries of RHEL and Rocky."""
    _, out, _ = module.run_command(["grubby", "--info=ALL"], check_rc=True)
    lines = [line.partition("=")[2].strip('"') for line in out.splitlines() if line.startswith("args=")]
    have = [not command_line.differences(arguments, line) for line in lines]
    if state == "absent":
        commands = [command_line.grubby_away(arguments)] if any(have) and arguments else []
    else:
        _, default, _ = module.run_command(["grubby", "--default-kernel"])
        right = all(have) and (not release or default.strip() == f"/boot/vmlinuz-{release}")
        commands = [] if right else command_line.grubby(arguments, release)
    for command in [] if module.check_mode else commands:
        module.run_command(command, check_rc=True)
    return bool(commands)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "arguments": {"type": "list", "elements": "dict", "required": True},
            "release": {"type": "str", "default": ""},
            "managed": {"type": "str", "default": "Written by rackwright"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    asked = module.params
    arguments = command_line.for_cpu(asked["arguments"], cpu_vendor())
    if wrong := command_line.unsafe(arguments):
        module.fail_json(msg=f"no argument of a kernel: {', '.join(wrong)}")
    running = read("/proc/cmdline") or ""
    done: dict[str, object] = {"arguments": arguments, "not_ours": [], "machine": platform.machine()}
    if module.get_bin_path("grubby"):
        changed = grubby(module, arguments, asked["release"], asked["state"])
        module.exit_json(changed=changed, boot_loader="grubby", **done)
    if module.get_bin_path("update-grub") is None:
        done["not_ours"] = command_line.differences(arguments, running) if asked["state"] == "present" else []
        module.exit_json(changed=False, boot_loader="", **done)
    text = command_line.drop_in(arguments, asked["release"], asked["managed"])
    wanted = text if asked["state"] == "present" and (arguments or asked["release"]) else None
    changed, diff = grub(module, wanted, arguments)
    module.exit_json(changed=changed, boot_loader="grub", diff=diff if changed else [], **done)


if __name__ == "__main__":
    main()
