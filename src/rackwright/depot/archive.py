"""A depot packed for a site without a network: one tar archive, or a folder of the same layout, and its
record.

It holds the record, the programs and the packages; images are put together again from them, to the same
digests.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rackwright.depot.layer import Entry, write
from rackwright.depot.member import opened
from rackwright.depot.place import Place
from rackwright.depot.record import FILE, Held, Record, load, parse
from rackwright.engine.download import WrongDigest, digest
from rackwright.errors import UsageError, WorldRefused


def pack(depot: Path, target: Path) -> str:
    """Pack a filled depot into ``target``; the archive's sha256, the same for the same content.

    :raises WorldRefused: there is no filled depot.
    """
    record = load(depot)
    if record is None:
        raise WorldRefused(str(depot), "pack", "no filled depot", "run rackwright depot build first")
    entries = [Entry(FILE, 0o644, content=depot / FILE)]
    entries += [Entry(held.path, 0o755, content=depot / held.path) for held in record.files]
    fresh = target.with_name(f".{target.name}.part")
    try:
        sha256 = write(entries, fresh)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return sha256


class Archive:
    """A packed depot, being read."""

    def __init__(self, path: Path) -> None:
        """:raises UsageError: it is not there."""
        if not path.exists():
            raise UsageError(f"no archive {path}; `rackwright depot build NAME --pack FILE` makes one")
        self.path = path

    def record(self) -> Record:
        """:raises WorldRefused: this is no packed depot."""
        found = self._read(FILE)
        if found is None:
            raise WorldRefused(str(self.path), "read the archive", f"it holds no {FILE}")
        return parse(found.decode(errors="replace"), str(self.path))

    def take(self, place: Place, held: Held) -> None:
        """Put one of its files into the store.

        :raises WrongDigest: its bytes are not those that the record names, or it is not there.
        """
        if place.file(held.sha256).exists() and digest(place.file(held.sha256)) == held.sha256:
            return
        fresh = place.downloads / f".{held.sha256}.archive"
        fresh.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._open(held.path) as source, fresh.open("wb") as file:
                if source is not None:
                    shutil.copyfileobj(source, file)
            found = digest(fresh)
            if found != held.sha256:
                raise WrongDigest(
                    f"{self.path}: {held.path}: sha256 is {found}, expected {held.sha256}; not used"
                )
            place.keep(fresh)
        finally:
            fresh.unlink(missing_ok=True)

    def _read(self, name: str) -> bytes | None:
        with self._open(name) as source:
            return source.read() if source is not None else None

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes] | None]:
        """One regular file of the archive; nothing is ever unpacked under a name that the archive chose."""
        if self.path.is_dir():
            inner = self.path / name
            if not inner.is_file() or inner.is_symlink():
                yield None
                return
            with inner.open("rb") as file:
                yield file
            return
        try:
            with opened(self.path, name) as file:
                yield file
        except tarfile.TarError as problem:
            raise WorldRefused(str(self.path), "read the archive", str(problem)) from problem
