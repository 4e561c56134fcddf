"""What containerd runs with, read back from itself."""

from __future__ import annotations

import os
import re
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import containerd as pure
from ansible_collections.rackwright.node.plugins.module_utils import containerd_host as host

DOCUMENTATION = r"""
module: containerd_state
short_description: What containerd runs with, read back from itself
description: Compares C(containerd config dump) with what was asked and with every drop-in, asks the socket
  for the version of the running daemon, and looks for a process that is older than its files, for plugins
  that did not start and for missing CDI directories. Fails with layer, found and expected of all that differ.
options:
  release:
    description: Version that must run.
    type: str
    required: true
  runc:
    description: 'Version of runc: exact; empty: not asked.'
    type: str
    default: ''
  runc_minimum:
    description: 'Oldest runc that will do; empty: not asked.'
    type: str
    default: ''
  settings:
    description: What was asked, as for M(rackwright.node.containerd_config).
    type: dict
    default: {}
author: rackwright
"""

EXAMPLES = r"""
- name: Read containerd back
  rackwright.node.containerd_state:
    release: 1.7.24
    settings: {cdi: true, cdi_dirs: [/etc/cdi, /var/run/cdi]}
"""

RETURN = r"""
found: {description: What each layer says., type: dict, returned: always}
"""

NEEDED = ("io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images")
"""Plugins without which no pod starts; a release has the first, or all."""


def same(found: str | None, expected: str) -> bool:
    """Whether a version is the one expected, apart from marks of who built it.

    >>> same("1.7.24~ds1", "1.7.24"), same("1.7.240", "1.7.24")
    (True, False)
    """
    return found is not None and re.match(re.escape(expected) + r"(?![0-9.])", found) is not None


def running(module: AnsibleModule) -> tuple[str | None, str]:
    """Version of the daemon that answers on the socket, and what was said instead."""
    path = module.get_bin_path("ctr")
    if path is None:
        return None, "ctr is not installed"
    rc, out, err = module.run_command([path, "--connect-timeout", "5s", "version"])
    found = re.search(r"^Server:\n\s+Version:\s+v?(\S+)", out, re.MULTILINE)
    return (found[1] if rc == 0 and found else None), (err or out).strip()[-300:]


def broken_plugins(module: AnsibleModule) -> list[str]:
    """CRI's plugins that did not start."""
    rc, out, _ = module.run_command(["ctr", "--connect-timeout", "5s", "plugins", "ls"])
    states = {f"{row[0]}.{row[1]}": row[-1] for row in map(str.split, out.splitlines()) if len(row) >= 4}
    return [
        f"plugin {name}: found {states[name]}, expected ok"
        for name in NEEDED
        if rc == 0 and states.get(name, "ok") != "ok"
    ]


def started(module: AnsibleModule) -> float:
    """When the daemon became active; 0 where it did not."""
    _, out, _ = module.run_command(
        ["systemctl", "show", "-P", "ActiveEnterTimestampMonotonic", "containerd.service"]
    )
    since = int(out.strip() or 0) / 1e6
    return time.time() - time.clock_gettime(time.CLOCK_MONOTONIC) + since if since else 0.0


def runc(module: AnsibleModule) -> str | None:
    """Version of runc."""
    path = module.get_bin_path("runc")
    if path is None:
        return None
    _, out, _ = module.run_command([path, "--version"])
    found = re.search(r"^runc version (\S+)", out, re.MULTILINE)
    return found[1] if found else None


def differing(module: AnsibleModule, found: dict[str, str | None], answer: str) -> list[str]:
    """Layer, found and expected of everything that differs."""
    asked = module.params
    wrong = [
        f"{layer}: found {found[layer] or 'none'}, expected {asked['release']}"
        + (f"; it said: {answer}" if text else "")
        for layer, text in (("program", ""), ("daemon", "" if found["daemon"] else answer))
        if not same(found[layer], asked["release"])
    ]
    if asked["runc"] and not same(found["runc"], asked["runc"]):
        wrong.append(f"runc: found {found['runc'] or 'none'}, expected {asked['runc']}")
    oldest = asked["runc_minimum"]
    if oldest and pure.numbers(found["runc"] or "0") < pure.numbers(oldest):
        wrong.append(f"runc: found {found['runc'] or 'none'}, expected {oldest} or newer")
    if found["program"] is None:
        return wrong
    dropins = host.dropins(module)
    known = host.plugins(module)
    for path, table in dropins.items():
        wrong += pure.judge(path, table, str(found["program"]), known)
    dump = host.dump(module)
    expected = {**dropins, "asked": pure.tables(str(found["program"]), asked["settings"] or {})}
    wrong += pure.differences(dropins, dump)
    wrong += [line for line in pure.differences({"asked": expected["asked"]}, dump) if line not in wrong]
    since = started(module)
    wrong += [
        f"process: found it older than {path}, expected a restart since"
        for path in (pure.MAIN, *dropins)
        if since and os.path.exists(path) and os.stat(path).st_ctime > since
    ]
    wrong += [
        f"CDI: {folder}: found no such directory"
        for folder in (asked["settings"] or {}).get("cdi_dirs") or []
        if not os.path.isdir(folder)
    ]
    return wrong + (broken_plugins(module) if found["daemon"] else [])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "release": {"type": "str", "required": True},
            "runc": {"type": "str", "default": ""},
            "runc_minimum": {"type": "str", "default": ""},
            "settings": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    program = host.release(module)
    if module.check_mode and program is None:
        module.exit_json(changed=False, found={}, skipped_reason="nothing is installed yet")
    daemon, answer = running(module)
    found = {"program": program, "daemon": daemon, "runc": runc(module)}
    wrong = differing(module, found, answer)
    if wrong and not module.check_mode:
        module.fail_json(msg="containerd differs from what was asked:\n" + "\n".join(wrong), found=found)
    module.exit_json(changed=False, found=found, differences=wrong)


if __name__ == "__main__":
    main()
