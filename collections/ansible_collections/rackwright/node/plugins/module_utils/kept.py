"""Files of this machine that modules look at or keep a word in: digests, and notes that outlive a kill."""

from __future__ import annotations

import hashlib
import os

CHUNK = 1 << 20


def digest(path: str) -> str:
    """SHA-256 of a file.

    :raises FileNotFoundError: there is none.
    """
    total = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(CHUNK):
            total.update(data)
    return total.hexdigest()


def note(path: str, text: str = "") -> None:
    """Note something, on disk for certain."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def noted(path: str) -> str:
    """What was noted; empty where nothing was."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""
