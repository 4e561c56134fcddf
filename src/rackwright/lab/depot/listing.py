"""What a depot holds, and what each package truly is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rackwright.atomic import write

FILE = "packages.json"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A package of the depot."""

    package: str
    version: str
    origin: str
    """``twin`` (simulated), ``real``, ``relabelled`` (another Debian revision) or ``repacked``."""
    note: str


def entries(index: str, origins: Mapping[tuple[str, str], tuple[str, str]]) -> list[Entry]:
    """Entries of an apt index; what nobody speaks for is Debian's own. Pure.

    :param origins: origin and note by package and version.

    >>> entries("Package: a\\nVersion: 1-1\\n", {("a", "1-1"): ("twin", "simulated")})
    [Entry(package='a', version='1-1', origin='twin', note='simulated')]
    """
    found = []
    for paragraph in index.strip().split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version): (.*)$", paragraph, re.MULTILINE))
        if len(fields) == 2:
            origin, note = origins.get((fields["Package"], fields["Version"]), ("real", "Debian's own"))
            found.append(Entry(fields["Package"], fields["Version"], origin, note))
    return sorted(found)


def save(depot: Path, rows: list[Entry]) -> None:
    """Keep the list in the depot."""
    write(depot / FILE, json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def load(depot: Path) -> list[Entry]:
    """The depot's list."""
    return [Entry(**row) for row in json.loads((depot / FILE).read_text())]
