"""What YAML 1.1 and 1.2 read differently is a trap; all else has one value."""

from __future__ import annotations

import pytest
import yaml

from rackwright.load.scalars import Trap, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4),
        ("-4", -4),
        ("0", 0),
        ("4.5", 4.5),
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("dgx-h100", "dgx-h100"),
        ("north", "north"),
        ("10.64.0.0/12", "10.64.0.0/12"),
        ("02:00:00:00:00:01", "02:00:00:00:00:01"),
        ("-", "-"),
    ],
)
def test_values(text, value):
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("no", 'write false, or "no" for text'),
        ("Yes", 'write true, or "Yes" for text'),
        ("on", 'write true, or "on" for text'),
        ("n", 'write false, or "n" for text'),
        ("012", 'write 12, or "012" for text'),
        ("-07", 'write -7, or "-07" for text'),
        ("1e3", 'write 1000, or "1e3" for text'),
        ("12E34", 'write "12E34" (in quotes) for text'),
        ("0x1f", 'write "0x1f" (in quotes) for text'),
        ("0o17", 'write "0o17" (in quotes) for text'),
        ("0b1", 'write "0b1" (in quotes) for text'),
        ("1_000", 'write "1_000" (in quotes) for text'),
        ("12:30", 'write "12:30" (in quotes) for text'),
        ("1:1", 'write "1:1" (in quotes) for text'),
        (".inf", 'write ".inf" (in quotes) for text'),
        ("2024-01-01", 'write "2024-01-01" (in quotes) for text'),
        ("=", 'write "=" (in quotes) for text'),
        ("9" * 41, 'write "..." (in quotes) for text'),
        ("0" * 5000 + "1", 'write "..." (in quotes) for text'),
    ],
)
def test_traps(text, hint):
    trap = resolve(text)
    assert isinstance(trap, Trap)
    assert trap.hint == hint


FRONT = ("", "-", "+", "0", "1", "12", "-0", "1_")
MIDDLE = ("", ":", "_", ".", "e", "x", "-", ".e")
BACK = ("", "0", "1", "30", "59", "60", "1:2", "5.5", "e3", "e+3", "_1", "12-31", "1_0.5", ":30.5", "_:1")


def test_whatever_pyyaml_reads_as_no_text_is_a_value_or_a_trap():
    """The oracle: YAML 1.1 as PyYAML has it. What is a bool, number or date to it is never text to us."""
    seen = 0
    for word in (a + b + c for a in FRONT for b in MIDDLE for c in BACK):
        try:
            read = yaml.load(f"a: {word}", Loader=yaml.CSafeLoader)["a"]
        except (yaml.YAMLError, ValueError):
            continue
        if not isinstance(read, str | dict):
            seen += 1
            assert not isinstance(resolve(word), str), word
    assert seen > 200
