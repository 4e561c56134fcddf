"""Schema: ``network-planes/nos/sonic/schema.yaml`` as something that judges rows."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from rackwright.paths import home

Db = Mapping[str, Mapping[str, Mapping[str, Any]]]
Problem = tuple[str, str, str]
"""(field or nothing, found, expected)."""
_RANGE = re.compile(r"(-?\d+)\.\.(\d+)")


@dataclass(frozen=True, slots=True)
class Type:
    """What a value may be: ``holds`` judges it, in the light of the whole database."""

    words: str
    holds: Callable[[str, Db], bool]
    many: bool = False

    def problem(self, value: str | list[str], db: Db) -> bool:
        """Whether the value is wrong."""
        if self.many:
            parts = value if isinstance(value, list) else value.split(",")
            return not parts or not all(self.holds(part, db) for part in parts)
        return not isinstance(value, str) or not self.holds(value, db)


@dataclass(frozen=True, slots=True)
class TableRule:
    """One table: forms of its key, its fields, or the map that its rows are."""

    keys: tuple[tuple[Type, ...], ...]
    fields: Mapping[str, Type]
    required: frozenset[str]
    map: tuple[Type, Type] | None

    def problems(self, key: str, row: Mapping[str, Any], db: Db) -> Iterator[Problem]:
        """Everything wrong with a row."""
        parts = key.split("|")
        fitting = [form for form in self.keys if len(form) == len(parts)]
        if not any(
            all(not kind.problem(part, db) for kind, part in zip(form, parts, strict=True))
            for form in fitting
        ):
            forms = " or ".join("|".join(kind.words for kind in form) for form in self.keys)
            yield "", f"key {key}", forms
        if self.map is not None:
            first, second = self.map
            for field, value in row.items():
                if first.problem(field, db):
                    yield field, f"key {field}", first.words
                if second.problem(value, db):
                    yield field, repr(value), second.words
            return
        if len(parts) == len(self.keys[0]) or len(self.keys) == 1:
            for field in sorted(self.required - set(row)):
                yield field, "nothing", self.fields[field].words
        for field, value in row.items():
            kind = self.fields.get(field)
            if kind is None:
                yield field, "the field", f"one of {', '.join(sorted(self.fields)) or 'none'}"
            elif kind.problem(value, db):
                yield field, repr(value), kind.words


@dataclass(frozen=True, slots=True)
class Schema:
    """All tables by name."""

    tables: Mapping[str, TableRule]


def schema() -> Schema:
    """Read once."""
    return _schema(home() / "network-planes/nos/sonic/schema.yaml")


@lru_cache(maxsize=2)
def _schema(path: Path) -> Schema:
    raw = yaml.safe_load(path.read_text())
    named: dict[str, str] = raw["types"]
    tables = {}
    for name, row in raw["tables"].items():
        fields = {field.rstrip("!"): _type(kind, named) for field, kind in row.get("fields", {}).items()}
        own = row.get("map")
        tables[name] = TableRule(
            tuple(tuple(_type(part, named) for part in form) for form in row["keys"]),
            fields,
            frozenset(field[:-1] for field in row.get("fields", {}) if field.endswith("!")),
            (_type(own["key"], named), _type(own["value"], named)) if own else None,
        )
    return Schema(tables)


def _type(text: str, named: Mapping[str, str]) -> Type:
    """A type from its text.

    >>> _type("1..10", {}).problem("11", {}), _type("[a|b]", {}).problem("a,b", {})
    (True, False)
    """
    if text.startswith("["):
        inner = _type(text[1:-1], named)
        return Type(f"a list of {inner.words}", inner.holds, many=True)
    if text in ("ip", "prefix"):
        return Type(f"an IP {'address' if text == 'ip' else 'prefix'}", _ADDRESS[text])
    if text in named:
        return _type(named[text], named)
    if text.startswith("ref:"):
        table = text[4:]
        return Type(f"a row of {table}", lambda value, db: value in db.get(table, {}))
    if text.startswith("/"):
        pattern = re.compile(text[1:-1])
        return Type(text, lambda value, db: pattern.fullmatch(value) is not None)
    if span := _RANGE.fullmatch(text):
        low, high = int(span[1]), int(span[2])
        return Type(text, lambda value, db: value.isdecimal() and low <= int(value) <= high)
    words = frozenset(text.split("|"))
    return Type(text, lambda value, db: value in words)


def _ip(value: str, db: Db) -> bool:
    del db
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=65536)
def _is_prefix(value: str) -> bool:
    try:
        ipaddress.ip_interface(value)
    except ValueError:
        return False
    return "/" in value


_ADDRESS: Mapping[str, Callable[[str, Db], bool]] = {
    "ip": _ip,
    "prefix": lambda value, db: _is_prefix(value),
}
