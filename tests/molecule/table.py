"""``roles.yaml``: how each role is tested. A test holds every role to have its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("roles.yaml")


@dataclass(frozen=True)
class Gone:
    """What must not be there any more after the role was removed."""

    files: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One role."""

    role: str
    bench: str
    after: tuple[str, ...] = ()
    """Roles that run before it."""
    server: str = "gpu"
    """Machine group of the bench that it runs on."""
    upgrade: str | None = None
    """Host lock that machines come from; none where no version of the role's is in a lock."""
    services: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Units that the role runs, with the configuration that they read."""
    gone: Gone = Gone()
    removable: bool = True
    """Whether it can be taken away; what a machine cannot be reached without cannot."""
    stays: tuple[str, ...] = ()
    """Patterns of fingerprint lines that may differ from the machine before the role, after its removal."""
    drifts: tuple[str, ...] = ()
    """Patterns of fingerprint lines that may differ between two machines that got the role."""
    back: tuple[str, ...] = ()
    """Patterns of fingerprint lines that may stay after a downgrade: what the older lock says nothing of."""
    reboots: bool = False
    """Whether it may ask for a reboot."""
    extra: dict = field(default_factory=dict)
    """Variables of the test."""

    @property
    def variables(self) -> dict:
        return {**self.extra, **({"reboot_allowed": "always"} if self.reboots else {})}


def rows() -> dict[str, Row]:
    """Every row by its role."""
    data = yaml.safe_load(FILE.read_text())
    return {role: _row(role, data["defaults"], row or {}) for role, row in data["roles"].items()}


def _row(role: str, defaults: dict, own: dict) -> Row:
    both = {key: [*defaults[key], *own.get(key, [])] for key in ("stays", "drifts")}
    row = {**defaults, **own, **both}
    known = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    known["gone"] = Gone(**{key: tuple(value) for key, value in row.get("gone", {}).items()})
    known["services"] = {unit: tuple(files) for unit, files in row.get("services", {}).items()}
    return Row(role, **known)
