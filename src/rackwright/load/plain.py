"""Nodes to plain Python values, with the place of each kept beside them by key path."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from rackwright.errors import BadInput, Problem
from rackwright.load.nodes import Composer, Mapping, Mark, Node, Scalar, Sequence
from rackwright.load.scalars import Trap, resolve
from rackwright.load.secrecy import HIDDEN, Path, is_secret, label, show
from rackwright.load.text import MAX_BYTES, decode, read, shown

_START = Mark(1, 1)


@dataclass(slots=True)
class Place:
    """Where a key and its value stand. ``shown`` is the value as an error line may print it."""

    key: Mark
    value: Mark
    shown: str
    trapped: bool = False
    """Already reported; later stages stay silent about it."""


@dataclass(slots=True)
class Document:
    """One YAML file: its data, the place of each key path, and what is wrong so far."""

    file: str
    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """The place of a key path, or of the nearest part of it that is in the file."""
        for end in range(len(path), -1, -1):
            place = self.places.get(path[:end])
            if place is not None:
                return place
        return Place(_START, _START, "nothing")

    def say(
        self, path: Path, expected: str, hint: str = "", *, found: str | None = None, at_key: bool = False
    ) -> None:
        """Report a mistake at a key path; ``found`` defaults to the value as written.

        A value that was reported as a trap is not reported again: what it means is open.
        """
        place = self.place(path)
        if place.trapped:
            return
        mark = place.key if at_key else place.value
        text = place.shown if found is None else found
        self.problems.append(Problem(self.file, mark.line, mark.column, label(path), text, expected, hint))

    def check(self) -> None:
        """:raises BadInput: when anything is wrong."""
        if self.problems:
            raise BadInput(limited(self.problems))


def limited(problems: list[Problem], most: int = 100) -> list[Problem]:
    """At most ``most`` problems, in the order of the file, and one that counts the rest."""
    ordered = sorted(set(problems))
    if len(ordered) <= most:
        return ordered
    last = ordered[most]
    more = f"{len(ordered) - most} more mistakes from here on"
    return [*ordered[:most], Problem(last.file, last.line, last.column, "(file)", more, "none")]


def open_document(path: FilePath, *, nulls: bool = False, max_bytes: int = MAX_BYTES) -> Document:
    """Read, compose and resolve a file. ``nulls``: may a value be null (the catalog) or is that a mistake?

    :raises BadInput: when the file is unreadable or its syntax is broken; other mistakes are in ``problems``.
    """
    return document(read(path, max_bytes), shown(path), nulls=nulls)


def document(text: str, file: str, *, nulls: bool = False) -> Document:
    """As :func:`open_document`, for text at hand."""
    composer = Composer(file)
    root = composer.compose(text)
    if root is None and composer.problems:
        raise BadInput(limited(composer.problems))
    doc = Document(file, problems=composer.problems)
    if root is None or (
        isinstance(root, Scalar) and root.plain and root.text == "" and not composer.problems
    ):
        doc.say((), "a mapping of keys", "inventories/lab/cluster.yaml is an example", found="an empty file")
        doc.check()
    assert root is not None  # noqa: S101 (narrowing for the type checker)
    doc.data = _plain(doc, root, (), root.mark, nulls)
    return doc


def from_bytes(raw: bytes, file: str, *, nulls: bool = False) -> Document:
    """As :func:`open_document`, for bytes at hand."""
    return document(decode(raw, file), file, nulls=nulls)


def _plain(doc: Document, node: Node, path: Path, key: Mark, nulls: bool) -> Any:  # noqa: ANN401 (any YAML value)
    """The node's value; recursion is bounded by the composer's MAX_DEPTH."""
    if isinstance(node, Scalar):
        return _scalar(doc, node, path, key, nulls)
    kind = "a mapping" if isinstance(node, Mapping) else "a list"
    doc.places[path] = Place(key, node.mark, kind if path else f"{kind} as the whole file")
    if isinstance(node, Sequence):
        return [_plain(doc, item, (*path, i), item.mark, nulls) for i, item in enumerate(node.items)]
    values = {}
    for name, (key_node, value) in node.items.items():
        values[name] = _plain(doc, value, (*path, name), key_node.mark, nulls)
        if key_node.plain and not isinstance(resolve(name), str):
            _key_trap(doc, (*path, name), name)
    return values


def _scalar(doc: Document, node: Scalar, path: Path, key: Mark, nulls: bool) -> Any:  # noqa: ANN401 (any YAML scalar)
    value = resolve(node.text) if node.plain else node.text
    quoted = show(path, node.text)
    text = quoted if isinstance(value, str) or quoted == HIDDEN else node.text
    place = doc.places[path] = Place(key, node.mark, text)
    if value is None and not nulls:
        empty = "an empty value" if node.text == "" else f"{node.text}, an empty value,"
        doc.say(path, "a value", "leave the key out to take its default", found=empty.rstrip(","))
        place.trapped = True
    elif isinstance(value, Trap):
        shown_text = HIDDEN if is_secret(path) else quoted[1:-1]
        found = shown_text if is_secret(path) else f"{shown_text} ({value.reading})"
        hint = "quote it" if is_secret(path) else value.hint
        doc.say(path, "a value that every parser reads alike", hint, found=found)
        place.trapped = True
        value = node.text
    return value


def _key_trap(doc: Document, path: Path, name: str) -> None:
    shown_name = show((), name) if not is_secret(path[:-1]) else "(not shown)"
    value = resolve(name)
    reading = f" ({value.reading})" if isinstance(value, Trap) else ""
    doc.say(
        path,
        "a name as the key",
        "put it in quotes, or take another name",
        found=f"key {shown_name}{reading}",
        at_key=True,
    )
    doc.places[path].trapped = True
