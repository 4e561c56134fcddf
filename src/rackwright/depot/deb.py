"""Files of a Debian package, read without dpkg: an ar archive with a tar archive in it."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path

from rackwright.depot.layer import Entry
from rackwright.errors import WorldRefused

_MAGIC = b"!<arch>\n"
_HEADER = 60
KEPT = re.compile(r"(usr/lib(64)?|lib(64)?)/.+|usr/(s?bin)/[^/]+|usr/share/doc/[^/]+/copyright")
"""Programs, libraries and licences; no manuals, translations, examples or configuration."""
MERGED = re.compile(r"^(bin|sbin|lib|lib64)(?=/)")
"""Debian keeps these below /usr."""


def entries(path: Path) -> list[Entry]:
    """What of a package goes into an image.

    :raises WorldRefused: it is no Debian package, or one that is packed in a way that Python cannot read.
    """
    found: list[Entry] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(_data(path))) as tar:
            for one in tar:
                name = MERGED.sub(r"usr/\1", one.name.removeprefix("./").rstrip("/"))
                if not KEPT.fullmatch(name):
                    continue
                if one.issym():
                    found.append(Entry(name, 0o777, link=one.linkname))
                elif one.isfile():
                    source = tar.extractfile(one)
                    found.append(Entry(name, one.mode & 0o755, content=source.read() if source else b""))
                elif one.islnk():
                    raise tarfile.TarError(f"a hard link: {one.name}")
    except (tarfile.TarError, EOFError, ValueError) as problem:
        raise WorldRefused("depot", f"unpack {path.name}", str(problem)) from problem
    return found


def _data(path: Path) -> bytes:
    """The data archive of a package."""
    raw = path.read_bytes()
    if not raw.startswith(_MAGIC):
        raise tarfile.TarError("not a Debian package")
    at = len(_MAGIC)
    while at + _HEADER <= len(raw):
        name, size = raw[at : at + 16].decode("ascii").strip().rstrip("/"), int(raw[at + 48 : at + 58])
        if name.startswith("data.tar"):
            return raw[at + _HEADER : at + _HEADER + size]
        at += _HEADER + size + size % 2
    raise tarfile.TarError("no data.tar in it")
