"""What the server holds against what it would hold if our manifest were applied now.

The server itself says the latter (a dry run of the apply), with its own defaults, conversions and list keys.
So fields that others own never differ, and ours differ only when they really do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = Any
_SERVERS = frozenset(
    {"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"}
)
_KEYS = ("name", "key", "type", "nodeLabel", "ip", "containerPort", "port", "mountPath")
"""What tells the items of a list apart, the most usual first."""
_WIDTH = 120


def differences(found: Mapping[str, Json], expected: Mapping[str, Json]) -> list[str]:
    """One line for each field that differs.

    >>> differences({"spec": {"a": 1}}, {"spec": {"a": 2}})
    ['spec.a: found 1, expected 2']
    """
    return [
        f"{path}: found {_show(here)}, expected {_show(there)}"
        for path, here, there in _walk("", _own(found), _own(expected))
    ]


def dropped(declared: Json, held: Json, path: str = "") -> list[str]:
    """Paths that we sent and that the server did not keep: a feature gate is off, or the schema lacks them.

    >>> dropped({"spec": {"a": 1, "b": ""}}, {"spec": {}})
    ['spec.a']
    """
    if not isinstance(declared, Mapping) or not isinstance(held, Mapping):
        return []
    found: list[str] = []
    for key, value in declared.items():
        if key not in held:
            # An empty value and none are the same to many types.
            found += [f"{path}{key}"] if value not in ("", 0, False, [], {}) else []
        else:
            found += dropped(value, held[key], f"{path}{key}.")
    return found


def _own(whole: Mapping[str, Json]) -> dict[str, Json]:
    """Without what only the server writes."""
    own = {key: value for key, value in whole.items() if key != "status"}
    own["metadata"] = {
        key: value for key, value in (whole.get("metadata") or {}).items() if key not in _SERVERS
    }
    return own


def _walk(path: str, found: Json, expected: Json) -> Iterator[tuple[str, Json, Json]]:
    if found == expected:
        return
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        for key in sorted({*found, *expected}):
            yield from _walk(f"{path}.{key}" if path else key, found.get(key), expected.get(key))
        return
    if isinstance(found, list) and isinstance(expected, list):
        key = _key(found, expected)
        if key:
            here, there = _by(key, found), _by(key, expected)
            pairs = [(name, here.get(name), there.get(name)) for name in dict.fromkeys([*here, *there])]
            if any(a != b for _, a, b in pairs):
                for name, a, b in pairs:
                    yield from _walk(f"{path}[{key}={name}]", a, b)
                return
        elif len(found) == len(expected):
            for index, (a, b) in enumerate(zip(found, expected, strict=True)):
                yield from _walk(f"{path}[{index}]", a, b)
            return
    yield path, found, expected


def _key(*lists: Sequence[Json]) -> str | None:
    """The field by which the items of these lists can be told apart."""
    items = [item for each in lists for item in each]
    if not items or not all(isinstance(item, Mapping) for item in items):
        return None
    for key in _KEYS:
        if all(key in item for item in items) and all(
            len({str(item[key]) for item in each}) == len(each) for each in lists
        ):
            return key
    return None


def _by(key: str, items: Sequence[Json]) -> dict[str, Json]:
    return {str(item[key]): item for item in items}


def _show(value: Json) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) and value.startswith("digest ") else json.dumps(value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}... ({len(text)} characters)"
