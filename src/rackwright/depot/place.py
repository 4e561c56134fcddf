"""Where a depot lies: below the cache, or in ``$RACKWRIGHT_DEPOT``. Safe to delete; built again by digest.

===================  =====================================================================================
``files/<sha256>``   every file that was ever fetched or built, by content
``downloads/``       releases on their way here, continued after a break
``go/<key>/``        programs built from Go modules, by everything that decides on their bytes
``<table>-<arch>/``  a filled depot: depot.json, files/, packages/, oci/, registry/
===================  =====================================================================================
"""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from rackwright.depot.table import Arch
from rackwright.engine.download import digest
from rackwright.errors import UsageError
from rackwright.paths import cache_dir


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of depots."""

    root: Path

    @property
    def downloads(self) -> Path:
        return self.root / "downloads"

    @property
    def built(self) -> Path:
        return self.root / "go"

    def filled(self, table: str, arch: Arch) -> Path:
        """A filled depot; it is whole when it is there."""
        return self.root / f"{table}-{arch}"

    def file(self, sha256: str) -> Path:
        """A file by content."""
        return self.root / "files" / sha256

    def keep(self, path: Path) -> str:
        """Take a file into the store, by content; its sha256. ``path`` may stay or go afterwards."""
        sha256 = digest(path)
        target = self.file(sha256)
        if not target.exists() or digest(target) != sha256:
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh = target.with_name(f".{sha256}.{os.getpid()}")
            link(path, fresh)
            fresh.replace(target)
        return sha256


def here() -> Place:
    """The depots of this user."""
    own = os.environ.get("RACKWRIGHT_DEPOT")
    return Place(Path(own) if own else cache_dir() / "depot")


def link(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the two are on different file systems."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def this_arch() -> Arch:
    """This machine's architecture.

    :raises UsageError: tables have no rows for it.
    """
    machine = platform.machine().lower()
    name = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    if name not in get_args(Arch):
        raise UsageError(f"no artifacts for {name}; there are {', '.join(get_args(Arch))}")
    return cast(Arch, name)
