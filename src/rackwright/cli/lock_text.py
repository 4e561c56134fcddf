"""Locks as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.locks.components import NEEDS, Need
from rackwright.locks.diff import Change, Diff, RowChange
from rackwright.locks.model import HostLock

WORDS: dict[Need, str] = {
    "nothing": "nothing",
    "restart": "restart of its service",
    "drain": "drain, then restart of its service",
    "reboot": "drain and reboot",
}
_SIGNS = {"added": "+", "removed": "-"}


def table(locks: list[HostLock]) -> Iterator[str]:
    """One line for each lock."""
    cells = [("lock", "os", "driver", "gpus", "previous")]
    for lock in locks:
        row = lock.rows.get("driver") or lock.rows.get("amdgpu")
        driver = (row.reports if row else None) or "-"
        cells.append(
            (
                lock.name,
                f"{lock.os.id} {lock.os.major}",
                driver,
                ", ".join(lock.gpus),
                lock.previous or "-",
            )
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def differences(found: Diff) -> Iterator[str]:
    """A line for each row in order, its packages below it, and at the end what it all needs."""
    count = f"{len(found.rows)} row{'' if len(found.rows) == 1 else 's'}"
    order = ", in this order" if len(found.rows) > 1 else ""
    yield f"{found.before} -> {found.after}: {count} to change{order}"
    for head in found.heads:
        yield f"{head.name}: {head.before} -> {head.after}: machines are installed anew"
    for number, row in enumerate(found.rows, 1):
        yield f"{number:3}. {_title(row)}: {WORDS[row.need]}; {row.because}"
        for change in (*row.others, *row.packages, *row.files):
            yield f"       {_line(change)}"
    for need in reversed(NEEDS):
        names = [row.name for row in found.rows if row.need == need]
        if names:
            yield f"{WORDS[need]}: {', '.join(names)}"


def _title(row: RowChange) -> str:
    versions = [version for version in (row.version.before, row.version.after) if version is not None]
    if len(versions) == 1 and row.step not in ("added", "removed"):
        versions = []
    said = " -> ".join(dict.fromkeys(versions))
    mark = f" ({row.step})" if row.step in ("added", "removed", "downgrade") else ""
    return " ".join(filter(None, [row.name, said])) + mark


def _line(change: Change) -> str:
    if change.before is None or change.after is None:
        return f"{_SIGNS[change.step]} {change.name} {change.after or change.before}"
    mark = " (downgrade)" if change.step == "downgrade" and change.name not in ("flavour", "minimum") else ""
    return f"  {change.name} {change.before} -> {change.after}{mark}"
