"""Pydantic's errors in our words: found, expected, hint, each with its place."""

from __future__ import annotations

import re
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rackwright.load.nearest import did_you_mean, nearest
from rackwright.load.plain import Document
from rackwright.load.secrecy import Path, is_secret, show_key

_PATTERNS: dict[str, tuple[str, str]] = {
    # a distinctive part of a field's pattern -> what it stands for, an example
    "+:[A-Za-z0-9._-]+$": ("an image's whole name with its tag, such as registry.k8s.io/pause:3.10.2", ""),
    "^(/[A-Za-z0-9_-]": ("an absolute path without '..'", ""),
    "^pool/": ("a path below Debian's archive: pool/main/n/nftables/nftables_1.1.3-1_{arch}.deb", ""),
    "[a-z][a-z0-9-]{0,30}": (
        "a name of lower-case letters, digits and '-', at most 32 long, beginning with a letter",
        "",
    ),
    ":[1-9][0-9]?": ('a ratio in quotes, such as "3:1"', ""),
    "[0-9.]+/": ("an IPv4 prefix such as 10.64.0.0/12", ""),
    "[0-9a-f:]+/": ("an IPv6 prefix such as 2001:db8:64::/64, lower case", ""),
    "[a-z0-9.-]*": ("a DNS domain such as pod1.example.com, lower case", ""),
    "env:[A-Z]": (
        "a reference: env:NAME, file:PATH or state:NAME",
        "never write a secret here; give the place it is kept in",
    ),
    "^/[a-z0-9/_-]+": ("an absolute path of lower-case letters, digits, '-', '_' and '/'", ""),
    "([0-9a-f]{2}:){5}": ("a MAC address such as 02:00:00:aa:bb:cc, lower case", ""),
    "^0x[0-9a-f]{16}": ('a GUID in quotes as ibstat prints it, such as "0x946dae0300f5a1c0"', ""),
    "^https://": ("a URL of a public page that begins with https://", ""),
    "[0-9a-f]{64}": ("a SHA-256 digest of 64 hexadecimal digits, lower case", ""),
    "^/[A-Za-z0-9._/-]+": ("an absolute path of letters, digits, '.', '-', '_' and '/'", ""),
    "[A-Za-z0-9.+~:_-]*": ("a full version of a package, such as 2.28.9-1+cuda13.0", ""),
    "[A-Za-z0-9.+_-]+": ("a package name of letters, digits, '.', '+', '-' and '_'", ""),
    "^1\\.[1-9][0-9]": ('a minor release in quotes, such as "1.36"', ""),
    "[A-Z][A-Za-z0-9]{2,62}": ("a feature gate such as DRAPartitionableDevices", ""),
    "https?://": ("a source: a URL of public documentation, or a note that begins with 'assumption:'", ""),
}
_TYPES: dict[str, str] = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "bool_type": "true or false",
    "float_type": "a number",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "list_type": "a list",
    "tuple_type": "a list",
}
_LIMITS: dict[str, tuple[str, str]] = {
    "greater_than_equal": ("ge", "at least {}"),
    "less_than_equal": ("le", "at most {}"),
    "string_too_long": ("max_length", "at most {} characters"),
    "string_too_short": ("min_length", "at least {} characters"),
    "too_short": ("min_length", "at least {} entry"),
    "too_long": ("max_length", "at most {} entries"),
}


def explain(doc: Document, error: ValidationError, model: type[BaseModel], base: Path = ()) -> None:
    """Report each of pydantic's errors in ``doc``, at its place; ``base`` is where the model's data stand."""
    for detail in error.errors(include_url=False):
        loc = (*base, *detail["loc"])
        is_key = bool(loc) and loc[-1] == "[key]"
        path: Path = loc[:-1] if is_key else loc
        if not doc.place(path).trapped:
            _explain(doc, detail, path, is_key, _keys(model, path[len(base) : -1]))


def _explain(doc: Document, detail: ErrorDetails, path: Path, is_key: bool, known: list[str]) -> None:
    kind, context = detail["type"], detail.get("ctx", {})
    key = str(path[-1]) if path else ""
    found = f"key {show_key(path[:-1], key)}" if is_key else None
    if kind == "extra_forbidden":
        hint = did_you_mean(key, set(known)) if not is_secret(path[:-1]) else _quiet_hint(key, known)
        doc.say(path, "a known key", hint, found=f"key {show_key(path[:-1], key)}", at_key=True)
    elif kind == "missing":
        doc.say(path, f"the key {key}", found="nothing")
    elif kind == "literal_error":
        names = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        close = nearest(key if is_key else str(detail["input"]), names) if not is_secret(path) else None
        hint = f"did you mean {close}?" if close else ""
        doc.say(path, _one_of(names), hint, found=found, at_key=is_key)
    elif kind == "string_pattern_mismatch":
        expected, hint = _pattern(str(context.get("pattern", "")))
        doc.say(path, expected, hint, found=found, at_key=is_key)
    elif kind in _TYPES:
        doc.say(path, _TYPES[kind], _type_hint(kind, detail["input"]))
    elif kind in _LIMITS:
        name, words = _LIMITS[kind]
        doc.say(path, words.format(context.get(name)))
    else:  # a validator of ours, or a kind that a later model brings: its own words
        doc.say(path, str(detail["msg"]).removeprefix("Value error, "), found=found, at_key=is_key)


def _pattern(pattern: str) -> tuple[str, str]:
    for part, words in _PATTERNS.items():
        if part in pattern:
            return words
    return f"text that matches {pattern}", ""


def _type_hint(kind: str, value: object) -> str:
    if kind == "int_type" and isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        return "take the quotes away"
    if kind == "string_type" and isinstance(value, int | float):
        return "put it in quotes"
    return ""


def _one_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


def _quiet_hint(key: str, known: list[str]) -> str:
    """Under a secret's key, a hint that depends on the text only when it is nearly a key we know."""
    close = nearest(key, known)
    return f"did you mean {close}?" if close else "known: " + ", ".join(sorted(known))


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that may stand at a key path of the model; empty where any name may."""
    current: Any = model
    for step in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(step))
            current = field.annotation if field else None
        else:  # a name in a mapping, an index in a list
            current = _model_in(current)
        if not get_args(current) or _is_optional(current):
            current = _model_in(current)
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _is_optional(annotation: Any) -> bool:  # noqa: ANN401 (any type form)
    return type(None) in get_args(annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 (any type form)
    """The model inside ``X | None``, ``dict[str, X]``, ``list[X]`` or X itself."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        inner = _model_in(argument)
        if inner is not None:
            return inner
    return None
