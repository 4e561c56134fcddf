"""Finding: what a validator has found in rendered files, at one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One disagreement.

    >>> str(Finding("leaf-01 swp3", "mtu", "9000", "at least 9216", "raise the switch's MTU"))
    "leaf-01 swp3 mtu: found 9000, expected at least 9216; raise the switch's MTU"
    """

    where: str
    """Device and port, ``device:path:line``, or both ends of a cable."""
    layer: str
    """What it is about, in a word: ``syntax``, ``routing``, ``wiring``, ``partition``, ``pfc``, ``mtu``."""
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.where} {self.layer}: found {self.found}, expected {self.expected}"
        return f"{text}; {self.hint}" if self.hint else text
