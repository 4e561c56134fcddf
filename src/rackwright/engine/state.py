"""What the in-process engine remembers of one stack: written atomically, checked when read, backed up.

The file is JSON: ``{"format": 1, "digest": sha256 of the rest, "stack": {...}}``. Beside it lie ``.backup``
(the state before the last run) and ``.journal`` (what has happened since, see ``journal.py``).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rackwright.errors import RackwrightError

FORMAT = 1


@dataclass(eq=False)
class Damaged(RackwrightError):
    """A state file that is not what was written. Nothing was changed."""

    path: Path
    found: str
    backup: Path

    exit_code = 3

    def __post_init__(self) -> None:
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.path}: state damaged: {self.found}; nothing was changed"
        if self.backup.exists():
            return f"{text}; the state before the last run is {self.backup}: look at it, then copy it back"
        return f"{text}; there is no backup: move the file away and run up, which finds what exists"


@dataclass(frozen=True, slots=True)
class Record:
    """One resource as last known."""

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """As last declared; after a refresh as found in the world."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    unfinished: str = ""
    """"create", "update" or "delete": that act began and nobody saw its end; or why the last one failed."""

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[1]

    @property
    def needs(self) -> frozenset[str]:
        """What must exist before this, and be deleted after it."""
        return frozenset(filter(None, (*self.dependencies, self.parent)))

    @property
    def lost_create(self) -> bool:
        """A create that nobody saw the end of: whether it exists is not known, and its id is not."""
        return self.unfinished == "create" and not self.id


def record(data: Mapping[str, Any]) -> Record:
    """A record from its JSON form."""
    deps = {key: tuple(urns) for key, urns in data["property_dependencies"].items()}
    return Record(**{**data, "dependencies": tuple(data["dependencies"]), "property_dependencies": deps})


@dataclass(slots=True)
class State:
    """All resources of a stack, in the order in which they came to be, and its outputs."""

    resources: dict[str, Record] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)


def _digest(stack: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(stack, sort_keys=True).encode()).hexdigest()


def beside(path: Path, suffix: str) -> Path:
    """A file that belongs to a state file: ``.backup``, ``.journal`` or ``.lock``."""
    return path.with_name(path.name + suffix)


def load(path: Path) -> State:
    """The state; empty when there is none yet.

    :raises Damaged: it is not what was written.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        if beside(path, ".backup").exists():
            raise Damaged(path, "the file is gone", beside(path, ".backup")) from None
        return State()
    except UnicodeDecodeError as error:
        raise Damaged(path, f"not text ({error.reason})", beside(path, ".backup")) from error
    try:
        data = json.loads(text)
        stack, digest, form = data["stack"], data["digest"], data["format"]
        if form != FORMAT:
            raise Damaged(path, f"format {form}, this version writes {FORMAT}", beside(path, ".backup"))
        if digest != _digest(stack):
            raise Damaged(path, "its digest does not match", beside(path, ".backup"))
        resources = {item["urn"]: record(item) for item in stack["resources"]}
        return State(resources, stack["outputs"])
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(path, f"not a state file ({error})", beside(path, ".backup")) from error


def write_atomically(path: Path, text: str) -> None:
    """All of it or nothing, also when the power fails; mode 0600."""
    new = beside(path, ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def save(path: Path, state: State) -> None:
    """Write the state; what was there becomes the backup."""
    stack = {"resources": [asdict(item) for item in state.resources.values()], "outputs": dict(state.outputs)}
    text = json.dumps({"format": FORMAT, "digest": _digest(stack), "stack": stack}, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        previous = path.read_text()
        if previous == text:
            return
        write_atomically(beside(path, ".backup"), previous)
    write_atomically(path, text)
