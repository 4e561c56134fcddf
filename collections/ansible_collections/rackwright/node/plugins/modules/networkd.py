"""Addresses, routes and rules as designed: networkd brings them about, the kernel is read back."""

from __future__ import annotations

import glob
import json
import os
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import kernel_network

DOCUMENTATION = r"""
module: networkd
short_description: Addresses, routes and rules as designed, read back from the kernel
description: 'Compares the kernel with the design. Where they differ, or where a file is younger than
  networkd''s last reading, networkd is told to read its files again and to reconfigure the ports that
  differ, and the kernel is asked until it agrees. The management port is only ever reported: a session
  that cuts itself off cannot repair anything.'
options:
  ports:
    description: Port to its address (with prefix length) and MTU.
    type: dict
    required: true
  routes:
    description: 'Routes: table (absent: main), dst, via, dev.'
    type: list
    elements: dict
    default: []
  rules:
    description: 'Rules: from, table.'
    type: list
    elements: dict
    default: []
  management:
    description: Name of the management port.
    type: str
    required: true
  wait:
    description: Seconds to wait for the kernel to agree.
    type: int
    default: 20
author: rackwright
"""

EXAMPLES = r"""
- name: Bring up the planes
  rackwright.node.networkd:
    ports: {enp24s0np0: {address: 10.64.0.1/31, mtu: 9000}}
    routes: [{table: 101, dst: default, via: 10.64.0.0, dev: enp24s0np0}]
    rules: [{from: 10.64.0.1, table: 101}]
    management: eno3
"""

RETURN = r"""
differences:
  description: What differed before, by port.
  type: dict
  returned: always
no_carrier:
  description: Ports without a link; their configuration waits for the cable.
  type: list
  returned: always
reloaded:
  description: Whether networkd read its files again.
  type: bool
  returned: always
"""

FILES = "/etc/systemd/network"
START_S = 90
"""systemd's own limit for a service to start; shortly after a boot networkd is not on the bus yet."""
STAMP = "/run/rackwright/networkd-read"


def ask(module: AnsibleModule, *words: str) -> list[dict[str, Any]]:
    """``ip -j``; an empty answer is an empty list."""
    rc, out, err = module.run_command(["ip", "-j", *words])
    if rc != 0:
        module.fail_json(msg=f"ip {' '.join(words)}: {err.strip()}")
    return list(json.loads(out or "[]"))


def compare(module: AnsibleModule) -> tuple[dict[str, list[str]], list[str]]:
    """Differences by port, and the ports without a link."""
    asked = module.params
    links = ask(module, "addr", "show")
    dark = kernel_network.without_carrier(asked["ports"], links)
    differences = kernel_network.ports(asked["ports"], links)
    found = ask(module, "route", "show", "table", "all")
    for port, lines in kernel_network.routes(asked["routes"], found).items():
        differences.setdefault(port, []).extend(lines)
    differences = {port: lines for port, lines in differences.items() if port not in dark}
    owners = kernel_network.owners(asked["ports"])
    found = ask(module, "rule", "show")
    for port, lines in kernel_network.rules(asked["rules"], found, owners, dark).items():
        differences.setdefault(port, []).extend(lines)
    return differences, dark


def unread() -> bool:
    """True when a file (or the folder: a removed one) is younger than networkd's last reading."""
    try:
        read_at = os.stat(STAMP).st_mtime
    except FileNotFoundError:
        return True
    paths = [FILES, *glob.glob(f"{FILES}/*"), *glob.glob(f"{FILES}/*/*")]
    return any(os.stat(path).st_ctime > read_at for path in paths if os.path.exists(path))


def tell(module: AnsibleModule, *words: str) -> None:
    """``networkctl``, again while networkd is still starting."""
    end = time.monotonic() + START_S
    while True:
        rc, _, err = module.run_command(["networkctl", *words])
        if rc == 0:
            return
        command = ["systemctl", "show", "-p", "ActiveState", "--value", "systemd-networkd.service"]
        _, out, _ = module.run_command(command)
        state = out.strip()
        if state in {"active", "failed"} or time.monotonic() > end:
            module.fail_json(msg=f"networkctl {' '.join(words)}: {err.strip()}; systemd-networkd is {state}")
        time.sleep(1)


def read_again(module: AnsibleModule, differing: list[str]) -> None:
    """Let networkd read its files, then set the differing ports up anew."""
    # The stamp says when reading began: a file that is written meanwhile is read the next time.
    began = time.time()
    tell(module, "reload")
    ports = [
        port for port in differing if port in module.params["ports"] and port != module.params["management"]
    ]
    for port in ports:
        tell(module, "reconfigure", port)
    os.makedirs(os.path.dirname(STAMP), exist_ok=True)
    with open(STAMP, "w", encoding="utf-8"):
        pass
    os.utime(STAMP, (began, began))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "ports": {"type": "dict", "required": True},
            "routes": {"type": "list", "elements": "dict", "default": []},
            "rules": {"type": "list", "elements": "dict", "default": []},
            "management": {"type": "str", "required": True},
            "wait": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    before, dark = compare(module)
    stale = unread()
    if module.check_mode or not (before or stale):
        module.exit_json(changed=bool(before), differences=before, no_carrier=dark, reloaded=False)
    read_again(module, sorted(before))
    end = time.monotonic() + module.params["wait"]
    after, dark = compare(module)
    while after and time.monotonic() < end:
        time.sleep(0.3)
        after, dark = compare(module)
    if after:
        lines = [f"{place}: {line}" for place, texts in sorted(after.items()) for line in texts]
        module.fail_json(
            msg="the kernel differs from the design\n" + "\n".join(lines), differences=after, no_carrier=dark
        )
    module.exit_json(changed=bool(before), differences=before, no_carrier=dark, reloaded=True)


if __name__ == "__main__":
    main()
