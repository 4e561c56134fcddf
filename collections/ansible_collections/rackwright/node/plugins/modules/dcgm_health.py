"""The health watches of DCGM's host engine."""

from __future__ import annotations

import re

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: dcgm_health
short_description: The health watches of DCGM's host engine
description: Asks the host engine which systems it watches in the background (C(dcgmi health --fetch)) and
  sets the watches where one is off. They live in the engine's memory and are gone when it restarts.
options:
  watches:
    description: Letters for C(dcgmi health --set).
    type: str
    default: a
  systems:
    description: Systems that must be on afterwards, as C(--fetch) names them, in any case.
    type: list
    elements: str
    required: true
author: rackwright
"""

EXAMPLES = r"""
- name: Watch every system
  rackwright.node.dcgm_health:
    systems: [PCIe, Memory, InfoROM, Thermal, Power, NVLINK]
"""

RETURN = r"""
watched: {description: "Systems, and whether they are watched.", type: dict, returned: always}
"""


def parsed(text: str) -> dict[str, bool]:
    """Systems in the table that ``--fetch`` prints, in lower case.

    >>> parsed("| PCIe            | On        |\\n| NVLINK | Off |\\n+---+\\n")
    {'pcie': True, 'nvlink': False}
    """
    rows = re.findall(r"^\|\s*([A-Za-z][\w ]*?)\s*\|\s*(On|Off)\s*\|", text, re.MULTILINE)
    return {name.lower(): state == "On" for name, state in rows}


def fetch(module: AnsibleModule, path: str) -> dict[str, bool]:
    """What the host engine watches now."""
    rc, out, err = module.run_command([path, "health", "--group", "0", "--fetch"])
    if rc != 0:
        module.fail_json(msg=f"dcgmi health --fetch: {(out + err).strip()[-400:]}")
    return parsed(out)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "watches": {"type": "str", "default": "a"},
            "systems": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    asked = module.params
    path = module.get_bin_path("dcgmi")
    if path is None:
        if module.check_mode:  # an earlier task would have installed it
            module.exit_json(changed=True, watched={})
        module.fail_json(msg="dcgmi: found none, expected DCGM's command line")
    watched = fetch(module, path)
    off = [name for name in asked["systems"] if not watched.get(name.lower())]
    if off and not module.check_mode:
        command = [path, "health", "--group", "0", "--set", asked["watches"]]
        rc, out, err = module.run_command(command)
        if rc != 0:
            module.fail_json(msg=f"dcgmi health --set: {(out + err).strip()[-400:]}")
        watched = fetch(module, path)
        left = [name for name in asked["systems"] if not watched.get(name.lower())]
        if left:
            module.fail_json(msg=f"health watches: found {', '.join(left)} off, expected on", watched=watched)
    diff = {
        "before": "".join(f"{name} off\n" for name in off),
        "after": "".join(f"{name} on\n" for name in off),
    }
    module.exit_json(changed=bool(off), watched=watched, diff=diff if off else [])


if __name__ == "__main__":
    main()
