"""A lock file joined with the lock that it extends; each row keeps the place where it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rackwright.errors import BadInput, Problem
from rackwright.load.explain import explain
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document, open_document
from rackwright.load.secrecy import Path as KeyPath
from rackwright.locks.model import HostLock, LockRow
from rackwright.paths import home

_OWN = frozenset({"name", "extends", "previous", "rows"})
"""Keys that say what this file is; all others are taken over where they are left out."""


@dataclass(slots=True)
class Joined:
    """``lock`` is there only when every row is right by itself."""

    doc: Document
    path: Path
    lock: HostLock | None = None
    rows: dict[str, LockRow] = field(default_factory=dict)
    origins: dict[str, Document] = field(default_factory=dict)
    """Which file a row, or a key beside the rows, stands in."""
    taken: dict[str, Document] = field(default_factory=dict)
    """Which file took a row away (null)."""
    data: dict[str, Any] = field(default_factory=dict)
    """The keys beside the rows."""
    problems: list[Problem] = field(default_factory=list)

    def say(
        self, path: KeyPath, expected: str, hint: str = "", *, found: str | None = None, at_key: bool = False
    ) -> None:
        """Report a mistake at the place of a key path, in the file that it stands in."""
        part = str(path[1]) if len(path) > 1 and path[0] == "rows" else str(path[0]) if path else ""
        doc = self.origins.get(part, self.doc)
        before = len(doc.problems)
        doc.say(path, expected, hint, found=found, at_key=at_key)
        self.problems += doc.problems[before:]


def join(path: Path, below: tuple[str, ...] = ()) -> Joined:
    """Read a lock and what it extends; ``below``: the locks that extend this one."""
    try:
        doc = open_document(path, nulls=True)
    except BadInput as error:
        return Joined(Document(str(path)), path, problems=error.problems)
    joined = Joined(doc, path)
    if not isinstance(doc.data, dict):
        doc.say((), "a mapping of keys", "catalog/locks/h100-debian13.yaml is an example")
        joined.problems += doc.problems
        return joined
    base = _base(joined, (*below, path.stem))
    own = {key: value for key, value in doc.data.items() if key != "rows"}
    taken = {key: value for key, value in base.data.items() if key not in _OWN} if base else {}
    joined.data = {**taken, **own}
    if base:
        joined.rows, joined.origins, joined.taken = dict(base.rows), {**base.origins}, dict(base.taken)
    joined.origins |= dict.fromkeys(own, doc)
    whole = base is not None and not base.problems if "extends" in own else True
    _rows(joined, whole)
    joined.problems += [*doc.problems, *(base.problems if base else [])]
    if whole:
        _whole(joined)
    return joined


def file_of(name: str, beside: Path) -> Path | None:
    """The file of a lock that another one names: in the same folder, else in the catalog."""
    for folder in (beside.parent, home() / "catalog" / "locks"):
        if (folder / f"{name}.yaml").is_file():
            return folder / f"{name}.yaml"
    return None


def _base(joined: Joined, chain: tuple[str, ...]) -> Joined | None:
    """The lock that this one extends."""
    name = joined.doc.data.get("extends")
    if not isinstance(name, str):
        return None
    if name in chain:
        joined.doc.say(("extends",), "a lock that does not extend this one")
        return None
    file = file_of(name, joined.path)
    if file is None:
        known = (other.stem for other in (home() / "catalog" / "locks").glob("*.yaml"))
        joined.doc.say(("extends",), "a file of catalog/locks/", did_you_mean(name, known))
        return None
    return join(file, chain)


def _rows(joined: Joined, whole: bool) -> None:
    """This file's rows over those of its base, which is there as a ``whole``; null takes one away."""
    doc, raw = joined.doc, joined.doc.data.get("rows", {})
    if not isinstance(raw, dict):
        doc.say(("rows",), "components by name")
        return
    for name, data in raw.items():
        if data is None:
            joined.taken[name] = joined.origins[name] = doc
            if joined.rows.pop(name, None) is None and whole:
                doc.say(("rows", name), "a row of the lock that this one extends", found="null", at_key=True)
            continue
        joined.taken.pop(name, None)
        joined.origins[name] = doc
        try:
            joined.rows[name] = LockRow.model_validate(data)
        except ValidationError as error:
            joined.rows.pop(name, None)
            explain(doc, error, LockRow, ("rows", name))


def _whole(joined: Joined) -> None:
    """The keys beside the rows, and the lock when all is right so far."""
    doc = joined.doc
    before = len(doc.problems)
    try:
        lock = HostLock.model_validate({**joined.data, "rows": joined.rows})
    except ValidationError as error:
        explain(doc, error, HostLock)
    else:
        if lock.name != joined.path.stem:
            doc.say(("name",), f"the file's own name, {joined.path.stem}")
        if len(doc.problems) == before and not joined.problems:
            joined.lock = lock
    joined.problems += doc.problems[before:]
