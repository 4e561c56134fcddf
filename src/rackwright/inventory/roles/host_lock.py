"""Variables of role ``host_lock``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The lock as a whole: every package of every role that the server gets."""
    kernel, lock = about.row("kernel"), about.lock
    return {
        "host_lock_name": lock.name,
        "host_lock_os": {"id": lock.os.id, "major": lock.os.major, "codename": lock.os.codename or ""},
        "host_lock_packages": packages(about),
        "host_lock_files": [
            {"path": file.path, "sha256": file.sha256}
            for _, row in sorted(lock.rows.items())
            for file in row.files
        ],
        "host_lock_kernel_minimum": (kernel.minimum if kernel else None) or "0",
        "host_lock_vendor": about.vendor or "",
    }


def packages(about: About) -> dict[str, dict[str, str]]:
    """Packages with a version, by role: what the roles' own variables call ``<role>_packages`` or alike."""
    # Both of these are made from all roles' modules, of which this is one; the two that hold the whole lock
    # have no packages of their own.
    from rackwright.inventory.order import roles_of
    from rackwright.inventory.roles import VARIABLES

    found: dict[str, dict[str, str]] = {}
    for role in roles_of(about, "platform"):
        if role in VARIABLES and role not in ("host_lock", "in_service"):
            for key, value in VARIABLES[role](about).items():
                if key.startswith(f"{role}_") and key.endswith("packages") and isinstance(value, dict):
                    exact = {name: version for name, version in value.items() if version}
                    if exact:
                        found.setdefault(role, {}).update(exact)
    return found
