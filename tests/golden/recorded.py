"""What a case has recorded as expected."""

from __future__ import annotations

import os
from pathlib import Path

import yaml


def recorded(file: Path, found: str) -> str:
    """The text below ``expected``; with ``GOLDEN_UPDATE=1`` what was found is written there first."""
    if os.environ.get("GOLDEN_UPDATE") == "1":
        text = file.read_text()
        head = text[: text.index("expected: |\n")] + "expected: |\n"
        file.write_text(head + "".join(f"  {line}\n" for line in found.splitlines()))
    return str(yaml.safe_load(file.read_text())["expected"])
