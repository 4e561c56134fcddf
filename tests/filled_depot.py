"""Depots that say that they are filled, and hold nothing: for what only asks whether they are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rackwright.depot.load import load_table
from rackwright.depot.record import FILE, Record
from rackwright.depot.table import Arch


def fill(top: Path, tables: Iterable[str], arch: Arch) -> list[Path]:
    """Their folders below ``top``, which RACKWRIGHT_DEPOT names."""
    made = []
    for table in tables:
        folder = top / f"{table}-{arch}"
        folder.mkdir(parents=True)
        (folder / FILE).write_text(Record(table, load_table(table).version, arch, ()).text())
        made.append(folder)
    return made
