"""The package manager of this machine, and what its repositories offer."""

from __future__ import annotations

import re
from types import ModuleType
from typing import TYPE_CHECKING

from ansible_collections.rackwright.node.plugins.module_utils import apt, dnf

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

RELEASE = "/etc/os-release"


def family(text: str) -> str:
    """``debian`` or ``rhel``, by the text of os-release; empty for others.

    >>> family('ID="rocky"\\nID_LIKE="rhel centos fedora"\\n'), family("ID=ubuntu\\nID_LIKE=debian\\n")
    ('rhel', 'debian')
    """
    found = dict(re.findall(r'^(ID|ID_LIKE)="?([^"\n]*)"?$', text, re.MULTILINE))
    names = f"{found.get('ID', '')} {found.get('ID_LIKE', '')}".split()
    return next((name for name in ("debian", "rhel") if name in names), "")


def manager(module: AnsibleModule) -> ModuleType:
    """Its functions: apt's or dnf's."""
    with open(RELEASE, encoding="utf-8") as file:
        found = family(file.read())
    if not found:
        module.fail_json(msg=f"{RELEASE}: found neither Debian nor Red Hat in ID and ID_LIKE")
    return {"debian": apt, "rhel": dnf}[found]


def missing(module: AnsibleModule, packages: dict[str, str]) -> dict[str, str]:
    """Those that are not installed, or at another version."""
    have = manager(module).installed(module, list(packages)) if packages else {}
    return {name: version for name, version in packages.items() if have.get(name) != version}


def offer_reasons(module: AnsibleModule, wanted: dict[str, str]) -> tuple[list[str], list[str]]:
    """Packages that nobody offers in the locked version: reasons, and what check mode cannot know."""
    if not wanted:
        return [], []
    packages = manager(module)
    offers = packages.offered(module, list(wanted))
    absent = {name: version for name, version in wanted.items() if version not in offers[name]}
    if absent and not module.check_mode:
        packages.update(module)
        offers = packages.offered(module, list(wanted))
        absent = {name: version for name, version in wanted.items() if version not in offers[name]}
    texts = [
        f"repository: {name}: found {', '.join(offers[name]) or 'none'}, expected {version}"
        for name, version in sorted(absent.items())
    ]
    # Before the package source was set up, nobody can know in check mode.
    nobody = module.check_mode and not any(offers.values())
    return ([], texts) if nobody else (texts, [])
