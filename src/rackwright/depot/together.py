"""One registry over several filled depots: while nodes go from one release to the next, both are pulled.

A registry program has one folder. Blobs are hard links, so that it takes no room of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from rackwright.atomic import write
from rackwright.depot import storage
from rackwright.depot.record import FILE, load
from rackwright.errors import WorldRefused
from rackwright.lock import Lock

FOLDER = "served"
"""Beside the depots."""


def registry(folders: Sequence[Path]) -> Path:
    """The registry's folder for these depots; where two have an image of one name, the first's is served.

    :param folders: filled depots, newest first.
    :raises WorldRefused: one of them is not filled.
    """
    for folder in folders:
        if load(folder) is None:
            raise WorldRefused(
                str(folder), "serve images", "no filled depot", "run rackwright depot build first"
            )
    if len(folders) == 1:
        return folders[0] / "registry"
    target = folders[0].parent / FOLDER / "+".join(folder.name for folder in folders)
    target.parent.mkdir(exist_ok=True)
    with Lock(target.with_name(f"{target.name}.lock"), f"registry {target.name}"):
        stamp, content = target / "of.json", "".join((folder / FILE).read_text() for folder in folders)
        if not stamp.is_file() or stamp.read_text() != content:
            _lay_out(folders, target, content)
    return target / "registry"


def _lay_out(folders: Sequence[Path], target: Path, content: str) -> None:
    """Beside the one before, then change them: a registry that runs goes on with the new one."""
    fresh, old = (target.with_name(f".{target.name}.{word}") for word in ("new", "old"))
    for left in (fresh, old):  # of a run that was killed; the lock is ours
        shutil.rmtree(left, ignore_errors=True)
    for folder in reversed(folders):  # the newest last: its tags count
        if (folder / "oci" / "index.json").is_file():
            storage.lay_out(folder / "oci", fresh / "registry")
    write(fresh / "of.json", content)
    if target.exists():
        os.replace(target, old)
    os.replace(fresh, target)
    shutil.rmtree(old, ignore_errors=True)
