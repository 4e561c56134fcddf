"""One layer of an image: a tar archive that is the same, byte for byte, wherever and whenever it is made.

It is not compressed: the bytes of a compressed layer depend on the version of the compressor, and each
machine of a rack would spend its time to unpack it again.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a symbolic link of an image; directories follow from the names."""

    path: str
    """Without the slash at its beginning."""
    mode: int
    content: bytes | Path = b""
    link: str = ""
    """Where a symbolic link leads."""


def write(entries: Iterable[Entry], target: Path) -> str:
    """Write a layer; its sha256, which is also its diff id. Of two entries with one name the later counts."""
    by_name = {entry.path: entry for entry in entries}
    folders = {str(parent) for name in by_name for parent in PurePosixPath(name).parents} - {"."}
    total = hashlib.sha256()
    with target.open("wb") as raw, tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted({*by_name, *folders}):
            if name in by_name:
                _add(tar, by_name[name])
            else:
                info = tarfile.TarInfo(name)
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
    with target.open("rb") as file:
        while chunk := file.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    info = tarfile.TarInfo(entry.path)  # owner 0:0, time 0
    info.mode = entry.mode
    if entry.link:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
        tar.addfile(info)
    elif isinstance(entry.content, Path):
        info.size = entry.content.stat().st_size
        with entry.content.open("rb") as file:
            tar.addfile(info, file)
    else:
        info.size = len(entry.content)
        tar.addfile(info, io.BytesIO(entry.content))
