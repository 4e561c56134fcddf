"""The smallest ELF files that the system's own tools accept: a library, a kernel module.

``ldconfig`` reads the one, ``modinfo`` and ``depmod`` the other. Neither holds any code.
Layouts: System V ABI, chapters 4 and 5 (https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html).
"""

from __future__ import annotations

import struct

MACHINES = {"amd64": 62, "arm64": 183}
_HEADER = "<16sHHIQQQIHHHHHH"
_SECTION = "<IIQQQQIIQQ"
_SEGMENT = "<IIQQQQQQ"


def _header(
    kind: int, architecture: str, segments: int, sections_at: int, sections: int, names: int
) -> bytes:
    ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    machine = MACHINES[architecture]
    segments_at = 64 if segments else 0
    return struct.pack(
        _HEADER,
        ident,
        kind,
        machine,
        1,
        0,
        segments_at,
        sections_at,
        0,
        64,
        56,
        segments,
        64,
        sections,
        names,
    )


def library(soname: str, architecture: str) -> bytes:
    """A shared object that exports nothing: one loadable segment whose dynamic table gives the soname."""
    strings = b"\0" + soname.encode() + b"\0"
    symbols = bytes(24)
    dynamic_at = 64 + 2 * 56
    entries = 6
    symbols_at = dynamic_at + entries * 16
    strings_at = symbols_at + len(symbols)
    table = ((14, 1), (5, strings_at), (6, symbols_at), (10, len(strings)), (11, 24), (0, 0))
    dynamic = b"".join(struct.pack("<QQ", tag, value) for tag, value in table)
    end = strings_at + len(strings)
    load = struct.pack(_SEGMENT, 1, 4, 0, 0, 0, end, end, 0x1000)
    pointer = struct.pack(_SEGMENT, 2, 4, dynamic_at, dynamic_at, dynamic_at, len(dynamic), len(dynamic), 8)
    return _header(3, architecture, 2, 0, 0, 0) + load + pointer + dynamic + symbols + strings


def module(information: dict[str, str], architecture: str) -> bytes:
    """A kernel object whose ``.modinfo`` says the given things."""
    parts = {
        ".modinfo": b"".join(f"{key}={value}".encode() + b"\0" for key, value in information.items()),
        ".strtab": b"\0",
        ".symtab": bytes(24),
        ".shstrtab": b"",
    }
    names = b"\0" + b"".join(name.encode() + b"\0" for name in parts)
    parts[".shstrtab"] = names
    kinds = {
        ".modinfo": (1, 2, 0, 0),
        ".strtab": (3, 0, 0, 0),
        ".symtab": (2, 0, 2, 24),
        ".shstrtab": (3, 0, 0, 0),
    }
    body, rows, at = b"", [bytes(64)], 64
    for name, content in parts.items():
        padding = -at % 8
        body += bytes(padding)
        at += padding
        kind, flags, link, entry = kinds[name]
        row = (names.index(name.encode() + b"\0"), kind, flags, 0, at, len(content), link, 1, 8, entry)
        rows.append(struct.pack(_SECTION, *row))
        body += content
        at += len(content)
    body += bytes(-at % 8)
    at += -at % 8
    return _header(1, architecture, 0, at, len(rows), len(rows) - 1) + body + b"".join(rows)
