"""The host lock as the checks read it: which version each layer must report, and which packages carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from rackwright import paths


@dataclass(frozen=True, slots=True)
class Row:
    """One row of ``catalog/locks/<name>.yaml``."""

    reports: str | None
    """What the layer itself says; None where it reports nothing."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Debian version by package name."""


def locked(name: str) -> dict[str, Row]:
    """The rows of a host lock by name, e.g. ``driver``, ``fabric_manager``, ``nccl``."""
    text = (paths.home() / "catalog" / "locks" / f"{name}.yaml").read_text(encoding="utf-8")
    rows = yaml.safe_load(text)["rows"]
    return {key: Row(row.get("reports"), dict(row.get("packages", {}))) for key, row in rows.items()}
