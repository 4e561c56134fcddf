"""Every reason not to install or remove containerd, at once and before anything changes."""

from __future__ import annotations

import glob
import os
import sys

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import apt
from ansible_collections.rackwright.node.plugins.module_utils import containerd as pure
from ansible_collections.rackwright.node.plugins.module_utils import containerd_host as host

DOCUMENTATION = r"""
module: containerd_preflight
short_description: Every reason not to install or remove containerd, at once
description: Looks for a release without CDI, drop-ins that it would ignore, a Docker that brings its own
  containerd, and, for a removal, running containers. Fails with all reasons together.
options:
  release:
    description: Version that is to run.
    type: str
    required: true
  packages:
    description: Package to full version.
    type: dict
    required: true
  removal:
    description: Whether it is to be removed.
    type: bool
    default: false
author: rackwright
"""

EXAMPLES = r"""
- name: Can containerd be installed?
  rackwright.node.containerd_preflight:
    release: 1.7.24
    packages: {containerd: 1.7.24~ds1-6+deb13u1}
"""

RETURN = r"""
reasons: {description: Why not., type: list, returned: always}
containers: {description: Shims of containers that run., type: list, returned: always}
"""

OLDEST = (1, 7)
"""Before it no CDI: Debian 12's 1.6 cannot serve DRA."""
DOCKER = ("docker.io", "docker-ce", "moby-engine")
PYTHON = (3, 11)


def shims() -> list[str]:
    """Processes that keep a container alive, as ``name (pid)``; one shim serves a whole pod."""
    found = []
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path, encoding="utf-8") as file:
                name = file.read().strip()
        except OSError:  # it ended while we looked
            continue
        if name.startswith("containerd-shim"):
            found.append(f"{name} ({path.split('/')[2]})")
    return sorted(found)


def installing(module: AnsibleModule, release: str, packages: list[str]) -> list[str]:
    """Why it cannot be installed."""
    reasons = []
    if pure.numbers(release) < OLDEST:
        reasons.append(f"lock: containerd: found {release}, expected 1.7 or newer: older ones have no CDI")
    if sys.version_info < PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:2])
        reasons.append(f"Python: found {found}, expected 3.11 or newer: its tomllib reads containerd's dump")
        return reasons
    docker = apt.installed(module, list(DOCKER))
    if docker and "containerd" in packages:
        names = ", ".join(f"{name} {version}" for name, version in sorted(docker.items()))
        reasons.append(
            f"packages: found {names}, expected none: its containerd and the lock's exclude each other"
        )
    here = host.release(module)
    alike = here is not None and pure.config_version(here) == pure.config_version(release)
    known = host.plugins(module) if alike else set()
    for path, table in host.dropins(module).items():
        # What the module containerd_config wrote it writes again for another release.
        if not (host.read(path) or "").startswith(pure.MARK):
            reasons += pure.judge(path, table, release, known)
    return reasons


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "release": {"type": "str", "required": True},
            "packages": {"type": "dict", "required": True},
            "removal": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    running = shims()
    if module.params["removal"]:
        reasons = [f"containers: found {', '.join(running)}, expected none; drain the machine first"]
        reasons = reasons if running and os.path.exists("/usr/bin/containerd") else []
        what = "removed"
    else:
        reasons = installing(module, module.params["release"], list(module.params["packages"]))
        what = "installed"
    if reasons:
        module.fail_json(
            msg=f"containerd cannot be {what}:\n" + "\n".join(reasons), reasons=reasons, containers=running
        )
    module.exit_json(changed=False, reasons=[], containers=running)


if __name__ == "__main__":
    main()
