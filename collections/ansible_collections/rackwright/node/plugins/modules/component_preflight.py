"""Every reason not to install a component of the host lock, at once and before anything changes."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import driver, package_manager

DOCUMENTATION = r"""
module: component_preflight
short_description: Every reason not to install a component of the host lock, at once
description: Asks whether the component goes with the driver that this machine has (or will have) and whether
  its packages are offered; fails with all reasons together. In check mode what an earlier task would have
  set up is left unjudged.
options:
  component:
    description: What people call it.
    type: str
    required: true
  packages:
    description: Package to full version.
    type: dict
    required: true
  version:
    description: The component's version.
    type: str
    default: ''
  same_as_driver:
    description: It must have the driver's version, to the last figure.
    type: bool
    default: false
  driver_minimum:
    description: 'Oldest driver that will do; empty: any.'
    type: str
    default: ''
  open_modules:
    description: It needs the open kernel modules.
    type: bool
    default: false
  refusals:
    description: Reasons that the caller has found already.
    type: list
    elements: str
    default: []
author: rackwright
"""

EXAMPLES = r"""
- name: Can the fabric manager be installed?
  rackwright.node.component_preflight:
    component: fabric manager
    packages: {nvidia-fabricmanager-580: 580.159.03-1}
    version: 580.159.03
    same_as_driver: true
"""

RETURN = r"""
unknown: {description: What could not be asked in check mode., type: list, returned: always}
needed: {description: Whether anything has to be installed., type: bool, returned: always}
"""


def order(version: str) -> tuple[int, ...]:
    """Numbers of a version, to compare.

    >>> order("570.158.01") < order("580.65.06")
    True
    """
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def driver_reasons(component: str, version: str, found: str | None, same: bool, minimum: str) -> list[str]:
    """What the driver of this machine has against the component.

    >>> driver_reasons("fabric manager", "550.127.05", "550.120", True, "")
    ['driver: found fabric manager 550.127.05 with driver 550.120, expected one version']
    """
    if found is None:
        return [f"driver: found none, expected {version if same else minimum}"]
    if same and found != version:
        return [f"driver: found {component} {version} with driver {found}, expected one version"]
    if minimum and order(found) < order(minimum):
        return [f"driver: found {found}, expected {minimum} or newer for {component} {version}"]
    return []


def open_reasons(component: str, text: str) -> list[str]:
    """A module that is loaded and is not the open one."""
    if not text or driver.open_modules(text):
        return []
    return [f"driver: found the proprietary module, expected the open one: {component} does not work with it"]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "component": {"type": "str", "required": True},
            "packages": {"type": "dict", "required": True},
            "version": {"type": "str", "default": ""},
            "same_as_driver": {"type": "bool", "default": False},
            "driver_minimum": {"type": "str", "default": ""},
            "open_modules": {"type": "bool", "default": False},
            "refusals": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    asked = module.params
    packages = {name: str(version) for name, version in asked["packages"].items()}
    reasons, unknown = list(asked["refusals"]), []
    if not packages:
        reasons.append(f"lock: found no packages of {asked['component']}, expected its row")
    if asked["same_as_driver"] or asked["driver_minimum"]:
        # What the next boot loads: a driver that waits for its reboot counts as the one to come.
        found = driver.on_disk(module) or driver.loaded()
        texts = driver_reasons(
            asked["component"], asked["version"], found, asked["same_as_driver"], asked["driver_minimum"]
        )
        (unknown if module.check_mode and found is None else reasons).extend(texts)
    if asked["open_modules"]:
        reasons += open_reasons(asked["component"], driver.proc())
    more, later = package_manager.offer_reasons(module, package_manager.missing(module, packages))
    reasons += more
    unknown += later
    if reasons:
        text = f"{asked['component']} cannot be installed:\n" + "\n".join(reasons)
        module.fail_json(msg=text, reasons=reasons, unknown=unknown)
    needed = bool(package_manager.missing(module, packages))
    module.exit_json(changed=False, reasons=[], unknown=unknown, needed=needed)


if __name__ == "__main__":
    main()
