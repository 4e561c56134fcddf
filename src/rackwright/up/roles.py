"""What the roles did during one command: the records that each run left, added up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RoleRun:
    """One playbook run. ``check`` is one that only looked."""

    name: str
    check: bool
    hosts: int
    changed: int
    failed: int
    seconds: float
    """Of the slowest host."""


def since(state: Path, begun: float) -> list[RoleRun]:
    """Runs whose records were written after ``begun`` (seconds since the epoch), oldest first."""
    found = []
    folders = (state / "runs").iterdir() if (state / "runs").is_dir() else ()
    for folder in sorted(folders):
        rows = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]
        if not rows or folder.stat().st_mtime < begun:
            continue
        name = folder.name.partition("-")[2]
        found.append(
            RoleRun(
                name.removesuffix("-check"),
                name.endswith("-check"),
                len(rows),
                sum(row["changed"] for row in rows),
                sum(bool(row["failed"]) for row in rows),
                max(row["seconds"] for row in rows),
            )
        )
    return found
