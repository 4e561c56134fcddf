"""What rackwright itself did to a server's disk: ``<state>/machines/<name>.json``.

A server that is on and does not know our key is either one whose installation was cut short by us, or
somebody else's. Only this record can tell, so it is written *before* the first step that changes the
server.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Record:
    """``installing`` from before the first power-on until SSH answered, then ``installed``."""

    phase: Literal["installing", "installed"]
    serial: str
    image: str
    instance: str


def _path(state: Path, name: str) -> Path:
    return state / "machines" / f"{name}.json"


def load(state: Path, name: str) -> Record | None:
    """The record; None where there is none."""
    try:
        return Record(**json.loads(_path(state, name).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def save(state: Path, name: str, record: Record) -> None:
    """Write it whole, and to the disk before going on."""
    path = _path(state, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(record), file, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def forget(state: Path, name: str) -> None:
    """Fine when there is none."""
    _path(state, name).unlink(missing_ok=True)
