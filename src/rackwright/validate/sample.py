"""Sample: of many files one of each shape, where reading all of them would take minutes.

A renderer makes the same mistake in every file of a shape. What a sample cannot see, a number out of range in
one file only, comes from the design, which has tests of its own. Whoever samples says so.
"""

from __future__ import annotations

import re

ALL_UP_TO = 200
"""Files that are all read."""
_NUMBER = re.compile(r"[0-9a-f]*[0-9][0-9a-f.:/]*")


def chosen(texts: dict[str, str]) -> dict[str, str]:
    """All of up to 200 files; of more, the first of each shape: equal shapes differ in numbers only."""
    if len(texts) <= ALL_UP_TO:
        return texts
    shapes: dict[str, str] = {}
    for device, text in texts.items():
        shapes.setdefault(shape(text), device)
    return {device: texts[device] for device in shapes.values()}


def told(count: int, what: str) -> list[str]:
    """The sentence that says what is left out; none where all are read."""
    if count <= ALL_UP_TO:
        return []
    return [f"of {count} {what} one of each shape is read; the others differ from it in numbers only"]


def shape(text: str) -> str:
    """The words of a configuration without its numbers; repeated blocks and lines once.

    >>> shape("interface swp1\\n ip address 10.0.0.1/31") == shape("interface swp9\\n ip address 10.9.0.3/31")
    True
    """
    words = (_NUMBER.sub("0", line) for line in text.splitlines() if "description" not in line)
    return "\n".join(dict.fromkeys(words))
