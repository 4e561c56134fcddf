"""How a twin's daemon stays: as the smallest program there is, under its own process number."""

from __future__ import annotations

import os
from pathlib import Path


def stay() -> int:
    """Hold the process."""
    os.execv("/bin/sleep", ["/bin/sleep", "infinity"])  # noqa: S606 - a shell would be one process more


def mark(path: Path) -> None:
    """Leave the process number, for the client commands to find."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{os.getpid()}\n", encoding="utf-8")


def runs(path: Path) -> bool:
    """Whether the process that left its number is still there."""
    try:
        return Path(f"/proc/{int(path.read_text(encoding='utf-8'))}").exists()
    except (FileNotFoundError, ValueError):
        return False
