"""Objects of Kubernetes as they are and as they would be: identity, what differs, who owns them. Pure."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
SERVERS = frozenset(
    ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink")
)
"""Metadata that only the server writes."""
FIRST = ("Namespace", "CustomResourceDefinition")
"""Kinds that others stand on."""
WIDTH = 100


def identity(each: Json, namespace: str = "") -> str:
    """``<group>|<kind>|<namespace>|<name>``; the version is not part of it.

    >>> identity({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "a", "namespace": "n"}})
    'apps|DaemonSet|n|a'
    """
    group = each["apiVersion"].rpartition("/")[0]
    meta = each["metadata"]
    return "|".join([group, each["kind"], meta.get("namespace") or namespace, meta["name"]])


def items(text: str) -> list[Json]:
    """Objects that kubectl printed: none, some one after the other, or a list.

    >>> [each["kind"] for each in items('{"kind": "A"} {"kind": "List", "items": [{"kind": "B"}]}')]
    ['A', 'B']
    """
    found: list[Json] = []
    rest, decoder = text.strip(), json.JSONDecoder()
    while rest:
        said, end = decoder.raw_decode(rest)
        found += said["items"] if said.get("kind") == "List" else [said]
        rest = rest[end:].lstrip()
    return found


def differences(found: Any, expected: Any, path: str = "") -> list[str]:  # noqa: ANN401 (JSON)
    """A line for each field that differs; without what only the server writes.

    >>> differences({"spec": {"a": 1}, "status": {}}, {"spec": {"a": 2}})
    ['spec.a: found 1, expected 2']
    """
    if not path:
        found, expected = own(found), own(expected)
    if found == expected:
        return []
    if isinstance(found, dict) and isinstance(expected, dict):
        lines = []
        for key in sorted({*found, *expected}):
            lines += differences(found.get(key), expected.get(key), f"{path}.{key}" if path else key)
        return lines
    return [f"{path}: found {shown(found)}, expected {shown(expected)}"]


def own(each: Json) -> Json:
    """An object without what only the server writes."""
    kept = {key: value for key, value in each.items() if key != "status"}
    kept["metadata"] = {
        key: value for key, value in (each.get("metadata") or {}).items() if key not in SERVERS
    }
    return kept


def shown(value: Any) -> str:  # noqa: ANN401 (JSON)
    """A value on a line."""
    text = "nothing" if value is None else json.dumps(value, sort_keys=True)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}... ({len(text)} characters)"


def is_of(each: Json, manager: str) -> bool:
    """Whether a manager applied the object.

    >>> is_of({"metadata": {"managedFields": [{"manager": "a", "operation": "Apply"}]}}, "a")
    True
    """
    entries = each["metadata"].get("managedFields") or []
    return any(one.get("manager") == manager and one.get("operation") == "Apply" for one in entries)


def claims_of(claims: list[Json], drivers: list[str], pool: str = "") -> list[str]:
    """Claims in use that hold devices of these drivers, by namespace and name; of one pool where it is named."""
    found = []
    for claim in claims:
        status = claim.get("status") or {}
        results = ((status.get("allocation") or {}).get("devices") or {}).get("results") or []
        held = any(each.get("driver") in drivers and pool in ("", each.get("pool")) for each in results)
        if held and status.get("reservedFor"):
            found.append(f"{claim['metadata'].get('namespace')}/{claim['metadata']['name']}")
    return sorted(found)
