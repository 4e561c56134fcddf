"""What has to be there on a server before a DRA plugin looks, and when it last changed."""

from __future__ import annotations

import glob
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import containerd as pure
from ansible_collections.rackwright.node.plugins.module_utils import containerd_host as host
from ansible_collections.rackwright.node.plugins.module_utils import driver
from ansible_collections.rackwright.node.plugins.module_utils.device_nodes import devices, differences

DOCUMENTATION = r"""
module: dra_host
short_description: What has to be there before a DRA plugin looks
description:
  - Compares the loaded driver with the oldest that the DRA driver works with, counts device nodes, reads CDI and NRI from
    C(containerd config dump), and asks systemd whether the host's IMEX service is masked. Fails with all that is wrong.
  - A device node that is missing when the first claim is prepared stays missing in the plugin's CDI file
    (kubernetes-sigs/dra-driver-nvidia-gpu#1380).
options:
  nodes:
    description: Device nodes, pattern to number.
    type: dict
    default: {}
  driver:
    description: 'Oldest driver; empty: not asked.'
    type: str
    default: ''
  cdi:
    description: CDI must be on in the container runtime.
    type: bool
    default: false
  nri:
    description: NRI must be on in it.
    type: bool
    default: false
  imex:
    description: State of the host's IMEX service at boot; empty for any.
    type: str
    choices: ['', masked, enabled]
    default: ''
  watched:
    description: Patterns of files whose change a plugin must not outlive.
    type: list
    elements: str
    default: []
author: rackwright
"""

EXAMPLES = r"""
- name: Is all there?
  rackwright.node.dra_host:
    nodes: {'/dev/nvidia[0-9]*': 8, /dev/nvidiactl: 1}
    driver: '565'
    cdi: true
"""

RETURN = r"""
since: {description: "When the last watched file changed, seconds since 1970.", type: float, returned: always}
changed_last: {description: Which one that is., type: str, returned: always}
differences: {description: What is wrong., type: list, returned: always}
"""


def older(found: str, least: str) -> bool:
    """Whether a driver is older than another.

    >>> older("570.9", "570.158.01"), older("580.159.03", "565")
    (True, False)
    """
    return pure.numbers(found) < pure.numbers(least)


def of_driver(least: str) -> list[str]:
    """What is wrong with the loaded driver."""
    found = driver.loaded()
    if not least or (found is not None and not older(found, least)):
        return []
    return [f"driver: found {found or 'none loaded'}, expected {least} or newer"]


def of_runtime(module: AnsibleModule, cdi: bool, nri: bool) -> list[str]:
    """What is wrong with the container runtime."""
    wanted: dict[str, Any] = {"cdi": True} if cdi else {}
    if nri:
        wanted["nri"] = True
    if not wanted:
        return []
    release = host.release(module)
    if release is None:
        return ["containerd: found none"]
    wrong = pure.differences({"containerd": pure.tables(release, wanted)}, host.dump(module))
    return [f"{line}: role containerd switches it on" for line in wrong]


def of_imex(module: AnsibleModule, expected: str) -> list[str]:
    """What is wrong with the host's IMEX service; one that is not installed cannot run."""
    if not expected:
        return []
    _, out, _ = module.run_command(["systemctl", "show", "-P", "UnitFileState", "nvidia-imex.service"])
    found = out.strip()
    if found == expected or (not found and expected == "masked"):
        return []
    whose = "the DRA driver runs its own" if expected == "masked" else "the DRA driver asks the host's"
    return [f"nvidia-imex.service: found {found or 'none'}, expected {expected}: {whose}"]


def last(patterns: list[str]) -> tuple[float, str]:
    """The last change to any of these files, and which it was."""
    times = []
    for path in (path for pattern in patterns for path in glob.glob(pattern)):
        try:
            times.append((os.stat(path).st_ctime, path))
        except FileNotFoundError:
            continue
    return max(times, default=(0.0, ""))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "nodes": {"type": "dict", "default": {}},
            "driver": {"type": "str", "default": ""},
            "cdi": {"type": "bool", "default": False},
            "nri": {"type": "bool", "default": False},
            "imex": {"type": "str", "choices": ["", "masked", "enabled"], "default": ""},
            "watched": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    asked = module.params
    wrong = of_driver(asked["driver"])
    wrong += differences({pattern: devices(pattern) for pattern in asked["nodes"]}, asked["nodes"])
    wrong += of_runtime(module, asked["cdi"], asked["nri"])
    wrong += of_imex(module, asked["imex"])
    since, path = last(asked["watched"])
    found = {"since": since, "changed_last": path, "differences": wrong}
    if wrong and not module.check_mode:
        module.fail_json(msg="a DRA plugin would not find what it needs:\n" + "\n".join(wrong), **found)
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
