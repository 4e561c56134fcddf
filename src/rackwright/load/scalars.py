"""Plain YAML scalars to values; what YAML 1.1 and 1.2 read differently is a trap, never a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

Value = str | int | float | bool | None

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,39})\Z")
_FLOAT = re.compile(r"[-+]?([0-9]{1,17}\.[0-9]{0,17}|\.[0-9]{1,17})\Z")
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_WORDS = re.compile(r"(y|n|yes|no|on|off)\Z", re.I)

# (pattern, what a parser may make of it); the first match counts
_TRAPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[-+]?0[0-9_]+\Z"), "octal to some parsers, decimal to others"),
    (re.compile(r"[-+]?0o[0-7_]+\Z"), "octal to some parsers, text to others"),
    (re.compile(r"[-+]?0x[0-9a-fA-F_]+\Z"), "hexadecimal to some parsers, text to others"),
    (re.compile(r"[-+]?0b[01_]+\Z"), "binary to some parsers, text to others"),
    (
        re.compile(r"[-+]?([1-9][0-9_]*(:[0-5]?[0-9])+|[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*)\Z"),
        "a base-60 number to some parsers, text to others",
    ),
    (
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+\Z"),
        "a number to some parsers, text to others",
    ),
    (re.compile(r"[-+]?[0-9][0-9,]*_[0-9_,]*\Z"), "a number to some parsers, text to others"),
    (re.compile(r"[-+]?\.(inf|nan)\Z", re.I), "not a finite number"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?\Z"), "a date to some parsers, text to others"),
    (re.compile(r"=\Z"), "a special value to some parsers"),
)


_YAML_1_1: dict[str, list[tuple[str, re.Pattern[str]]]] = yaml.SafeLoader.yaml_implicit_resolvers
"""By first character: what PyYAML itself takes for something else than text; the net below the table."""


@dataclass(frozen=True, slots=True)
class Trap:
    """A plain scalar that parsers disagree about. ``reading`` says how, ``hint`` what to write."""

    reading: str
    hint: str


def resolve(text: str) -> Value | Trap:
    """The value of a plain (unquoted) scalar.

    >>> resolve("4"), resolve("true"), resolve("dgx-h100"), resolve("~")
    (4, True, 'dgx-h100', None)
    >>> resolve("no").reading
    'false to some parsers, text to others'
    """
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    first = text[0]
    if first.isalpha():  # the common case: a name
        if not _WORDS.match(text):
            return text
        truth = "true" if text.lower() in {"y", "yes", "on"} else "false"
        return Trap(f"{truth} to some parsers, text to others", f'write {truth}, or "{text}" for text')
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    for pattern, reading in _TRAPS:
        if pattern.match(text):
            return Trap(reading, _hint(text))
    if any(pattern.match(text) for _, pattern in _YAML_1_1.get(first, ())):
        return Trap("no text to some parsers", _hint(text))
    return text


def _hint(text: str) -> str:
    """What to write instead: the number that was probably meant, or quotes."""
    short = text if len(text) <= 20 else "..."
    if re.fullmatch(r"[-+]?0[0-9]+", text) and len(text) <= 20:
        return f'write {int(text)}, or "{short}" for text'
    if re.fullmatch(r"[0-9](\.[0-9])?[eE][+]?[0-9]", text) and float(text).is_integer():
        return f'write {int(float(text))}, or "{short}" for text'
    return f'write "{short}" (in quotes) for text'
