"""What apt and dpkg know about packages, asked through their own commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ENVIRONMENT = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l"}


def installed(module: AnsibleModule, names: list[str]) -> dict[str, str]:
    """Versions of those that are fully installed."""
    form = "${Package}\t${Version}\t${db:Status-Status}\n"
    _, out, _ = module.run_command(["dpkg-query", "-W", "-f", form, *names], environ_update=ENVIRONMENT)
    rows = [line.split("\t") for line in out.splitlines() if line.count("\t") == 2]
    return {name: version for name, version, state in rows if state == "installed"}


def held(module: AnsibleModule) -> set[str]:
    """Packages that apt leaves alone."""
    rc, out, err = module.run_command(["apt-mark", "showhold"], environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"apt-mark showhold: {err.strip()}")
    return {line.partition(":")[0] for line in out.split()}


def offered(module: AnsibleModule, names: list[str]) -> dict[str, list[str]]:
    """Versions that the configured repositories offer, best first; a package nobody offers has none."""
    rc, out, err = module.run_command(["apt-cache", "madison", *names], environ_update=ENVIRONMENT)
    if rc not in (0, 100):
        module.fail_json(msg=f"apt-cache madison: {err.strip()}")
    found: dict[str, list[str]] = {name: [] for name in names}
    for line in out.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 3 and cells[0] in found and cells[2].endswith("Packages"):
            found[cells[0]].append(cells[1])
    return found


def update(module: AnsibleModule) -> None:
    """Read the package lists again."""
    command = ["apt-get", "update", "-o", "Acquire::Retries=3", "-o", "APT::Update::Error-Mode=any"]
    rc, out, err = module.run_command(command, environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"package lists cannot be read: {(err or out).strip()[-800:]}")


def pins(packages: dict[str, str]) -> str:
    """An apt preferences file; 1001 lets apt go back to the version as well.

    >>> print(pins({"a": "1-1"}), end="")
    Package: a
    Pin: version 1-1
    Pin-Priority: 1001
    """
    return "\n".join(
        f"Package: {name}\nPin: version {re.sub(r'[*?]', '', version)}\nPin-Priority: 1001\n"
        for name, version in sorted(packages.items())
        if version
    )
