"""Who owns which fields of an object, from its ``managedFields``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rackwright.kube.api import Said


def leaves(fields: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """
    >>> sorted(leaves({"f:spec": {"f:a": {}, "f:b": {".": {}, "f:c": {}}}}))
    [('f:spec', 'f:a'), ('f:spec', 'f:b', 'f:c')]
    """
    inside = {key: value for key, value in fields.items() if key != "."}
    if not inside and path:
        yield path
    for key, value in inside.items():
        yield from leaves(value, (*path, key))


def also_declared_by(live: Mapping[str, Any], manager: str) -> str | None:
    """Another manager who declares all that we do: the object is theirs as much as ours.

    Those who changed one field (an edit by hand) or write status do not declare it.
    """
    entries = [entry for entry in live["metadata"].get("managedFields") or () if not entry.get("subresource")]
    ours = {leaf for entry in entries if _applies(entry, manager) for leaf in leaves(entry["fieldsV1"])}
    if not ours:
        return None
    for entry in entries:
        theirs = set(leaves(entry.get("fieldsV1") or {}))
        if not _applies(entry, manager) and ours <= theirs:
            return str(entry["manager"])
    return None


def _applies(entry: Mapping[str, Any], manager: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Apply"


def conflicts(said: Said) -> dict[str, list[str]]:
    """The managers that hold fields of ours against us, each with the fields.

    >>> from rackwright.kube.api import Cause
    >>> cause = Cause("FieldManagerConflict", 'conflict with "helm" using v1', ".spec.a")
    >>> conflicts(Said(409, "Conflict", "", (cause,)))
    {'helm': ['.spec.a']}
    """
    found: dict[str, list[str]] = {}
    for cause in said.causes:
        if cause.reason == "FieldManagerConflict":
            parts = cause.message.split('"')
            found.setdefault(parts[1] if len(parts) > 2 else cause.message, []).append(cause.field)
    return found
