"""Character devices that have to be there: what is found, and what differs."""

from __future__ import annotations

import glob
import os
import stat


def devices(pattern: str) -> list[str]:
    """Character devices that match; a plain file that stands in one's place is none."""
    return sorted(path for path in glob.glob(pattern) if stat.S_ISCHR(os.stat(path).st_mode))


def differences(found: dict[str, list[str]], wanted: dict[str, int]) -> list[str]:
    """A line for each pattern that differs.

    >>> differences({"/dev/nvidia[0-9]*": ["/dev/nvidia0"]}, {"/dev/nvidia[0-9]*": 2})
    ['device nodes: /dev/nvidia[0-9]*: found 1 (nvidia0), expected 2']
    """
    lines = []
    for pattern, count in wanted.items():
        paths = found[pattern]
        if len(paths) != int(count):
            names = ", ".join(os.path.basename(path) for path in paths)
            found_text = f"{len(paths)} ({names})" if names else "0"
            lines.append(f"device nodes: {pattern}: found {found_text}, expected {count}")
    return lines
