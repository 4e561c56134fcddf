"""What a Go program says about itself: its toolchain and every module in it, read without Go.

The linker leaves it in the file behind a magic word (debug/buildinfo of Go's library): from Go 1.18 on
two strings, each with its length before it as a varint; the second holds the modules between sentinels of
sixteen bytes.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\xff Go buildinf:"
HEADER = 32
INLINE = 2
"""Flag: the strings follow in place."""
SENTINEL = 16


@dataclass(frozen=True, slots=True, order=True)
class GoModule:
    """A module that is part of a program."""

    path: str
    version: str
    sum: str
    """``h1:`` and the digest of go.sum; empty for the main module."""


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """Toolchain and modules of a program."""

    go: str
    modules: tuple[GoModule, ...]


def read(path: Path) -> BuildInfo | None:
    """None: this is no Go program, or one that has been stripped of it."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            at = data.find(MAGIC)
            if at < 0 or len(data) < at + HEADER or not data[at + 15] & INLINE:
                return None
            go, after = _string(data, at + HEADER)
            text, _ = _string(data, after)
    return BuildInfo(go.decode(errors="replace"), modules(text[SENTINEL:-SENTINEL].decode(errors="replace")))


def _string(data: mmap.mmap, at: int) -> tuple[bytes, int]:
    length = shift = 0
    while True:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return data[at : at + length], at + length


def modules(text: str) -> tuple[GoModule, ...]:
    """Modules of the text; one that replaces another stands for it.

    >>> modules("dep\\ta.b/c\\tv1\\n=>\\ta.b/d\\tv2\\th1:x=\\n")
    (GoModule(path='a.b/d', version='v2', sum='h1:x='),)
    """
    found: list[GoModule] = []
    for line in text.splitlines():
        cells = [*line.split("\t"), "", "", ""]
        if cells[0] == "dep":
            found.append(GoModule(cells[1], cells[2], cells[3]))
        elif cells[0] == "=>" and found:
            found[-1] = GoModule(cells[1], cells[2], cells[3])
    return tuple(found)
