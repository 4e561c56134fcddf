"""DoesNotFit: a fabric that cannot be built as asked, with the key that would have to change."""

from __future__ import annotations


class DoesNotFit(Exception):
    """No wiring: ``found`` and ``expected`` in words. ``outgrown``: another tier may carry it."""

    def __init__(self, key: str, found: str, expected: str, hint: str = "", outgrown: bool = False) -> None:
        super().__init__(f"{found}, expected {expected}")
        self.key, self.found, self.expected, self.hint = key, found, expected, hint
        self.outgrown = outgrown
