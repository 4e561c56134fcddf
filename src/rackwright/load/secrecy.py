"""What error text may print. A value under ``access``, or under a key that names a secret, is never shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_SECRET_KEY = re.compile(
    r"passw|passph|(^|[-_])pass([-_]|$)|pwd|secret|token|credential|private|api_?key|ssh_?key|(^|[-_])keys?$|auth(?!or)|psk|^access$",
    re.I,
)
_LOGIN = re.compile(r"[^/@\s]*@|\?.*", re.S)
"""User and password in a URL, and its query."""
_PLAIN_KEY = re.compile(r"^[A-Za-z][A-Za-z_-]{0,30}$")
HIDDEN = "a value (not shown)"
_WIDTH = 60

Path = tuple[str | int, ...]


@lru_cache(maxsize=1024)
def names_a_secret(key: str) -> bool:
    """Does the key's name say that its value is a secret?

    >>> names_a_secret("bmc_password"), names_a_secret("rack_units")
    (True, False)
    """
    return bool(_SECRET_KEY.search(key))


def is_secret(path: Iterable[str | int]) -> bool:
    """Is the value at this key path one that must not be printed?"""
    return any(isinstance(key, str) and names_a_secret(key) for key in path)


def show(path: Path, text: str) -> str:
    """A value as an error line prints it: one line, at most 60 characters, nothing that may be a secret.

    >>> show(("cluster",), "no"), show(("access", "bmc_password"), "hunter2")
    ("'no'", 'a value (not shown)')
    """
    if is_secret(path):
        return HIDDEN
    if "@" in text or "://" in text:
        text = _LOGIN.sub(lambda match: "(not shown)" + ("@" if match[0].endswith("@") else ""), text)
    return ascii(text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "...")


def show_key(parents: Path, key: str) -> str:
    """A key as an error line prints it: hidden below a secret's key, and where it may itself be a secret."""
    hidden = is_secret(parents[1:] if parents[:1] == ("access",) else parents)
    if hidden or (parents[:1] == ("access",) and not _PLAIN_KEY.match(key)):
        return "(not shown)"
    return ascii(key if len(key) <= _WIDTH else key[: _WIDTH - 3] + "...")[1:-1]


def label(path: Path) -> str:
    """A key path as error lines print it, e.g. ``machines.gpu.count``; ``(top)`` for the whole file."""
    parts = [show_key(path[:i], key) if isinstance(key, str) else str(key) for i, key in enumerate(path)]
    return ".".join(parts) or "(top)"
