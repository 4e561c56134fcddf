"""Write: rendered files to a folder, each whole or not at all, and only where something changed.

The folder's ``.rackwright`` lists what we wrote, so that a file which is no longer rendered goes away and a
file of somebody else never does. While batches are being written each has its own list beside it; a run that
is killed leaves these, and the next run reads them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rackwright import atomic
from rackwright.errors import UsageError
from rackwright.forks import fork_map
from rackwright.models.design import Design
from rackwright.render.build import Files
from rackwright.render.parts import items, not_rendered, parts
from rackwright.render.wiring import Wiring

LIST = ".rackwright"
_BATCH_LISTS = ".rackwright-batch-"
Batch = Callable[[], Iterable[tuple[str, str | bytes]]]
"""Relative path and content of some files; called in a worker process."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was done, as paths relative to the folder."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int


def flat(files: Files) -> dict[str, str | bytes]:
    """Relative path to content: ``devices/<name>/<path on the device>`` and the site's own files."""
    found: dict[str, str | bytes] = {**files.site, **files.binary}
    for device, texts in files.devices.items():
        for path, text in texts.items():
            found[place(device, path)] = text
    if files.not_rendered:
        found["not-rendered.txt"] = _sentences(files.not_rendered)
    return found


def place(device: str | None, path: str) -> str:
    """Where a file lies below the folder."""
    return path if device is None else f"devices/{device}/{path.lstrip('/')}"


def batches(design: Design) -> list[Batch]:
    """Everything that is rendered, a batch for each part."""
    wiring = Wiring.of(design)

    def batch(number: int) -> Batch:
        return lambda: ((place(dev, path), text) for dev, path, text in items(cut[number], design, wiring))

    cut = parts(design)
    made = [batch(number) for number in range(len(cut))]
    if sentences := not_rendered(design):
        made.append(lambda: [("not-rendered.txt", _sentences(sentences))])
    return made


def write(
    made: Sequence[Batch], out: Path, workers: int = 1, done: Callable[[], None] | None = None
) -> Written:
    """Make the folder hold exactly the files, beside what others put there.

    :param done: called after each batch, to show progress.
    :raises UsageError: the folder cannot be written.
    """
    changed: list[str] = []
    wanted: list[str] = []
    try:
        before, leftover = _listed(out)
        out.mkdir(parents=True, exist_ok=True)
        for batch_changed, paths in fork_map(
            lambda number: _batch(made[number], out, number), len(made), workers
        ):
            changed += batch_changed
            wanted += paths
            if done:
                done()
        known = set(wanted)
        gone = [path for path in sorted(before) if path not in known and _remove(out, path)]
        atomic.write(out / LIST, "\n".join(sorted(wanted)) + "\n")
        for path in {*leftover, *out.glob(f"{_BATCH_LISTS}*")}:
            path.unlink(missing_ok=True)
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"cannot write to {out}: {problem}") from problem
    return Written(tuple(sorted(changed)), tuple(gone), len(wanted) - len(changed))


def _listed(out: Path) -> tuple[set[str], list[Path]]:
    """(paths that earlier runs wrote, lists of batches that a killed run left)."""
    leftover = sorted(out.glob(f"{_BATCH_LISTS}*"))
    lists = [*leftover, *([out / LIST] if (out / LIST).is_file() else [])]
    return {line for path in lists for line in path.read_text().splitlines() if line}, leftover


def _batch(batch: Batch, out: Path, number: int) -> tuple[list[str], list[str]]:
    """(paths written, all paths). A file is listed before it is written."""
    changed: list[str] = []
    paths: list[str] = []
    with (out / f"{_BATCH_LISTS}{number}").open("a", encoding="utf-8") as listed:
        for path, content in batch():
            paths.append(path)
            data = content.encode() if isinstance(content, str) else content
            if not _holds(f"{out}/{path}", data):
                listed.write(f"{path}\n")
                listed.flush()
                atomic.write(out / path, data)
                changed.append(path)
    return changed, paths


def _holds(path: str, data: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return os.fstat(file.fileno()).st_size == len(data) and file.read() == data
    except FileNotFoundError:
        return False


def _sentences(sentences: Sequence[str]) -> str:
    return "\n".join(sentences) + "\n"


def _remove(out: Path, path: str) -> bool:
    """Remove a file that we wrote earlier; a list that was edited to point elsewhere is not obeyed."""
    target = out / path
    if not target.resolve().is_relative_to(out.resolve()) or not target.is_file():
        return False
    target.unlink()
    for parent in target.parents:
        if parent == out or any(parent.iterdir()):
            break
        parent.rmdir()
    return True
