"""``rackwright`` as a user runs it, for tests with a lab."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: object, timeout: float = 300, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run ``rackwright`` as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "rackwright", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=ROOT,
        env={**os.environ, **extra},
        check=False,
    )
