"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 80
"""Matching is quadratic in length; longer text is no near miss of anything we know."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The closest of ``known``, None when nothing is close.

    >>> nearest("dgx-h10O", ["dgx-h100", "hgx-h200"]), nearest("zzz", ["a"])
    ('dgx-h100', None)
    """
    if len(name) > _LONGEST:
        return None
    by_fold = {candidate.casefold().replace("_", "-"): candidate for candidate in sorted(known)}
    folded = name.casefold().replace("_", "-")
    match = get_close_matches(folded, by_fold, n=1, cutoff=0.6)
    if match:
        return by_fold[match[0]]
    starts = [candidate for candidate in by_fold if len(folded) > 2 and candidate.startswith(folded)]
    return by_fold[starts[0]] if starts else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest name, else with all of them (the first dozen)."""
    names = sorted(known)
    close = nearest(name, names)
    if close is not None:
        return f"did you mean {_printed(close)}?"
    if not names:
        return "there are none"
    return "known: " + ", ".join(map(_printed, names[:12])) + (", ..." if len(names) > 12 else "")


def _printed(name: str) -> str:
    """Names may come from the file itself."""
    return ascii(name[:_LONGEST])[1:-1]
