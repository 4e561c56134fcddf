"""Bytes on disk to text that a YAML parser may be trusted with: size, encoding, no invisible line breaks."""

from __future__ import annotations

import re
from pathlib import Path

from rackwright.errors import BadInput, Problem

MAX_BYTES = 1 << 20
"""A cluster file states intent; the largest we know of is a few KiB. Time to read is linear in this."""

# Control characters that YAML forbids, and line separators that editors do not count (places would be off).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)")


def shown(path: Path) -> str:
    """The path as error lines print it: relative where the file lies below the working directory."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def read(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """The file's text, a byte order mark removed.

    :raises BadInput: unreadable, too large, not UTF-8, or with characters that YAML forbids.
    """
    file = shown(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would never end
            raise BadInput([Problem(file, 1, 1, "(file)", "no regular file", "a file that can be read")])
        with path.open("rb") as stream:
            raw = stream.read(max_bytes + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput([Problem(file, 1, 1, "(file)", reason.lower(), "a file that can be read")]) from None
    return decode(raw, file, max_bytes)


def decode(raw: bytes, file: str, max_bytes: int = MAX_BYTES) -> str:
    """Text of ``raw``; ``file`` is the name for error lines.

    :raises BadInput: too large, not UTF-8, or with characters that YAML forbids.
    """
    if len(raw) > max_bytes:
        found = f"more than {max_bytes // 1024} KiB"
        raise BadInput([Problem(file, 1, 1, "(file)", found, f"at most {max_bytes // 1024} KiB")])
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput([Problem(file, 1, 1, "(file)", "UTF-16", "UTF-8", "save the file as UTF-8")])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(raw[: error.start].decode("utf-8"))
        problem = Problem(
            file, line, column, "(file)", f"byte 0x{raw[error.start]:02x}", "UTF-8", "save the file as UTF-8"
        )
        raise BadInput([problem]) from None
    text = text.removeprefix("\ufeff")
    bad = [
        Problem(
            file,
            *_place(text[: match.start()]),
            "(file)",
            f"character U+{ord(match[0]):04X}",
            "printable text",
            "delete it",
        )
        for match, _ in zip(_FORBIDDEN.finditer(text), range(20), strict=False)
    ]
    if bad:
        raise BadInput(bad)
    return text


def _place(before: str) -> tuple[int, int]:
    """Line and column (both from 1) of the character that follows ``before``."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")
