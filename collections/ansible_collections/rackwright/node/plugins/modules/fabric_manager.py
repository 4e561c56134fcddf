"""Fabric manager against the loaded driver, and what its log says since it started."""

from __future__ import annotations

import re
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import driver

DOCUMENTATION = r"""
module: fabric_manager
short_description: Fabric manager against the loaded driver
description: Compares the daemon's version with the loaded driver's and with the host lock's, and looks for
  known bad lines in what it wrote since its last start. Fails with layer, found and expected.
options:
  version:
    description: The version that both must have.
    type: str
    required: true
  unit:
    description: Its unit.
    type: str
    default: nvidia-fabricmanager.service
  log:
    description: Its own log file.
    type: path
    default: /var/log/fabricmanager.log
  running:
    description: It runs; its log is judged.
    type: bool
    default: true
author: rackwright
"""

EXAMPLES = r"""
- name: Does it fit the driver?
  rackwright.node.fabric_manager: {version: 580.159.03}
"""

RETURN = r"""
found: {description: The daemon's version and the driver's., type: dict, returned: always}
differences: {description: "Layer, found and expected.", type: list, returned: always}
"""

BAD = (
    r"don't match with driver version \S+",
    r"detected NVSwitch (?:non-)?fatal error \d+",
    r"failed to find the GPU handle \d+ in the multicast team",
    r"detected number of NVSwitches don't match with any supported system topology",
)
"""Lines that tell of a fabric that does not work (leptonai/gpud, fabric-manager/component.go)."""
STAMP = r"^\[(\w{3} \d{1,2} \d{4} \d\d:\d\d:\d\d)\]"
"""How a line of its own log begins, in local time."""


def since(text: str, start: float) -> str:
    """The lines of its own log from a moment on; one without a time belongs to the one before.

    >>> since("[Nov 26 2026 10:00:00] [ERROR] old\\n  more\\n[Nov 26 2099 10:00:00] [INFO] new\\n", 4e9)
    '[Nov 26 2099 10:00:00] [INFO] new'
    """
    kept, lines = False, []
    for line in text.splitlines():
        stamp = re.match(STAMP, line)
        if stamp:
            kept = time.mktime(time.strptime(stamp[1], "%b %d %Y %H:%M:%S")) >= int(start)
        if kept:
            lines.append(line)
    return "\n".join(lines)


def bad_lines(text: str) -> list[str]:
    """What it says that must not be there, each once.

    >>> bad_lines("x detected NVSwitch fatal error 20034 on NVSwitch\\n" * 2)
    ['detected NVSwitch fatal error 20034']
    """
    return sorted({match[0] for pattern in BAD for match in re.finditer(pattern, text)})


def version_problems(own: str | None, loaded: str | None, wanted: str, said: str) -> list[str]:
    """Where the versions differ; the first text names both.

    >>> version_problems("550.127.05", "550.120", "550.120", "")[0]
    'versions: found fabric manager 550.127.05 with driver 550.120, expected 550.120 of both'
    """
    if own is None:
        return [f"fabric manager: found none, expected {wanted}; it said: {' '.join(said.split())[:200]}"]
    if own == loaded == wanted:
        return []
    return [f"versions: found fabric manager {own} with driver {loaded or 'none'}, expected {wanted} of both"]


def logged(module: AnsibleModule, unit: str, path: str) -> str:
    """What it wrote since its last start: to the journal, and to its own file."""
    asked = ["systemctl", "show", "--timestamp=unix", "-p", "InvocationID,ExecMainStartTimestamp", unit]
    _, out, _ = module.run_command(asked)
    found = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
    text, start = "", float(found.get("ExecMainStartTimestamp", "").lstrip("@") or 0)
    if found.get("InvocationID"):
        which = f"_SYSTEMD_INVOCATION_ID={found['InvocationID']}"
        _, text, _ = module.run_command(["journalctl", "-q", "--no-pager", "-o", "cat", which])
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return f"{text}\n{since(file.read(), start)}"
    except FileNotFoundError:
        return text


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "version": {"type": "str", "required": True},
            "unit": {"type": "str", "default": "nvidia-fabricmanager.service"},
            "log": {"type": "path", "default": "/var/log/fabricmanager.log"},
            "running": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    asked = module.params
    command = ["nv-fabricmanager", "--version"]
    own, said = driver.said(module, command, r"Fabric Manager version is : ([0-9.]+)")
    loaded = driver.loaded()
    wrong = version_problems(own, loaded, asked["version"], said)
    if asked["running"]:
        lines = bad_lines(logged(module, asked["unit"], asked["log"]))
        wrong += [f"log of {asked['unit']}: found {line!r}, expected none of the kind" for line in lines]
    if wrong and not module.check_mode:
        text = "fabric manager does not fit this machine:\n" + "\n".join(wrong)
        module.fail_json(msg=text, found={"fabric manager": own, "driver": loaded})
    module.exit_json(changed=False, found={"fabric manager": own, "driver": loaded}, differences=wrong)


if __name__ == "__main__":
    main()
