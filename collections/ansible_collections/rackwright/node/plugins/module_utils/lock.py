"""A host against its host lock: reasons in words. Pure, but for what is read by its path."""

from __future__ import annotations

import glob
import re
from typing import Any

SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-*"
PIN = re.compile(r"^Package: (\S+)\nPin: version (\S+)\nPin-Priority: (\d+)$", re.MULTILINE)
OVER_ALL = 1000
"""Priority from which apt goes back to a version, too (apt_preferences(5))."""


def release(text: str) -> dict[str, str]:
    """os-release as a dictionary.

    >>> release('ID=ubuntu\\nVERSION_ID="24.04"\\n')["VERSION_ID"]
    '24.04'
    """
    return dict(re.findall(r'^([A-Z_]+)="?([^"\n]*)"?$', text, re.MULTILINE))


def distribution(found: dict[str, str], wanted: dict[str, Any]) -> list[str]:
    """Why the distribution is not the lock's.

    >>> distribution({"ID": "debian", "VERSION_ID": "12"}, {"id": "debian", "major": 13})
    ['distribution: found debian 12, expected debian 13']
    """
    name, major = found.get("ID", "none"), found.get("VERSION_ID", "").partition(".")[0]
    if (name, major) != (wanted["id"], str(wanted["major"])):
        return [f"distribution: found {name} {major}, expected {wanted['id']} {wanted['major']}"]
    codename = found.get("VERSION_CODENAME", "")
    if wanted.get("codename") and codename and codename != wanted["codename"]:
        return [f"distribution: found {codename}, expected {wanted['codename']}"]
    return []


def numbers(version: str) -> tuple[int, ...]:
    """Leading numbers of a version, to compare.

    >>> numbers("6.12.57+deb13") > numbers("4.15")
    True
    """
    found = re.match(r"[0-9.]*", version)
    return tuple(int(part) for part in found[0].split(".") if part) if found else ()


def flattened(roles: dict[str, dict[str, str]]) -> dict[str, str]:
    """Every role's packages in one."""
    return {name: version for packages in roles.values() for name, version in packages.items() if version}


def disagreements(roles: dict[str, dict[str, str]]) -> list[str]:
    """Packages that two roles want in two versions.

    >>> disagreements({"a": {"x": "1"}, "b": {"x": "2"}})
    ['lock: x: found 2 for role b, expected 1 as for role a']
    """
    seen: dict[str, tuple[str, str]] = {}
    reasons = []
    for role, packages in roles.items():
        for name, version in packages.items():
            other, first = seen.setdefault(name, (role, version))
            if version and first and version != first:
                reasons.append(
                    f"lock: {name}: found {version} for role {role}, expected {first} as for role {other}"
                )
    return reasons


def secure_boot() -> bool:
    """Whether the firmware boots signed code only: the variable's last byte, after four of attributes."""
    for path in glob.glob(SECURE_BOOT):
        with open(path, "rb") as file:
            return file.read()[-1:] == b"\x01"
    return False


def pinned(texts: list[str]) -> dict[str, str]:
    """Versions that apt's preferences pin above everything, by package.

    >>> pinned(["Package: a\\nPin: version 1-1\\nPin-Priority: 1001\\n"])
    {'a': '1-1'}
    """
    rows = [row for text in texts for row in PIN.findall(text)]
    return {name: version for name, version, priority in rows if int(priority) > OVER_ALL}


def state(
    wanted: dict[str, str], have: dict[str, str], held: set[str], pins: dict[str, str] | None
) -> list[str]:
    """How packages differ from the lock: version, hold, pin (None: the package manager has none).

    >>> state({"a": "1-1"}, {"a": "1-1"}, set(), {"a": "1-1"})
    ['a: found it free, expected it held']
    """
    lines = []
    for name, version in sorted(wanted.items()):
        found = have.get(name)
        if found != version:
            lines.append(f"{name}: found {found or 'none'}, expected {version}")
            continue
        if name not in held:
            lines.append(f"{name}: found it free, expected it held")
        if pins is not None and pins.get(name) != version:
            lines.append(f"{name}: found it pinned to {pins.get(name, 'nothing')}, expected {version}")
    return lines
