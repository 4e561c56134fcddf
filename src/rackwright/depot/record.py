"""What a filled depot holds: ``depot.json``, each file with digest, version, licence, source and how it
came.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rackwright.errors import WorldRefused

FILE = "depot.json"
FORMAT = 1


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """A file of the depot."""

    name: str
    """Row of the table."""
    kind: str
    """``file`` (a program), ``package`` (Debian's), ``chart`` (Helm's) or ``image`` (a publisher's)."""
    version: str
    licence: str
    source: str
    sha256: str
    size: int
    """Bytes."""
    origin: str
    """``release`` (the publisher's own), ``go`` (built from a Go module), ``tree`` (a folder of ours)."""
    of: str
    """The release's address, or package, module folder and toolchain."""

    @property
    def path(self) -> str:
        """Where it lies in the depot."""
        return {
            "file": f"files/{self.name}",
            "package": f"packages/{self.name}.deb",
            "chart": f"charts/{self.name}.tgz",
            "image": f"images/{self.name}.tar",
        }[self.kind]


@dataclass(frozen=True, slots=True, order=True)
class HeldImage:
    """A container image of the depot."""

    name: str
    """As a pod names it."""
    digest: str
    """Of its manifest: ``sha256:...``."""
    size: int
    """Bytes of its blobs."""
    licence: str
    parts: tuple[str, ...]
    """Files and packages that are in it."""


@dataclass(frozen=True, slots=True)
class Record:
    """A filled depot; without times, so that the same content is the same text."""

    table: str
    version: str
    arch: str
    files: tuple[Held, ...]
    images: tuple[HeldImage, ...] = ()

    def text(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True) + "\n"


def parse(text: str, where: str) -> Record:
    """:raises WorldRefused: this is no record, or one of another format."""
    try:
        data = json.loads(text)
        if data.pop("format") != FORMAT:
            raise WorldRefused(where, f"read {FILE}", "another format", "build the depot again")
        files = tuple(Held(**row) for row in data.pop("files"))
        images = tuple(HeldImage(**{**row, "parts": tuple(row["parts"])}) for row in data.pop("images"))
        return Record(**data, files=files, images=images)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise WorldRefused(
            where, f"read {FILE}", f"not a depot's record: {type(problem).__name__}"
        ) from problem


def load(folder: Path) -> Record | None:
    """The record of a filled depot; None: there is none."""
    path = folder / FILE
    return parse(path.read_text(), str(folder)) if path.is_file() else None
