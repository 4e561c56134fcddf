"""Host lists: names folded as Slurm writes them, ``gpu-su01-n[01-32]``."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBERED = re.compile(r"(.*?)([0-9]+)")


def fold(names: Iterable[str]) -> list[str]:
    """Runs of names that differ in their last number only, each as one expression.

    >>> fold(["n01", "n02", "n04", "x"])
    ['n[01-02,04]', 'x']
    """
    groups: dict[tuple[str, int], list[int]] = {}
    single: list[str] = []
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match is None:
            single.append(name)
        else:
            groups.setdefault((match[1], len(match[2])), []).append(int(match[2]))
    folded = []
    for (stem, width), numbers in groups.items():
        runs = [_run(first, last, width) for first, last in _runs(sorted(numbers))]
        alone = len(numbers) == 1
        folded.append(f"{stem}{runs[0]}" if alone else f"{stem}[{','.join(runs)}]")
    return folded + single


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def _run(first: int, last: int, width: int) -> str:
    return f"{first:0{width}d}" if first == last else f"{first:0{width}d}-{last:0{width}d}"
