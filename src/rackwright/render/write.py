"""Write: rendered files to a folder, each whole or not at all, and only where something changed.

The folder's ``.rackwright`` lists what we wrote, so that a file which is no longer rendered goes away and a
file of somebody else never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rackwright import atomic
from rackwright.errors import UsageError
from rackwright.render.build import Files

LIST = ".rackwright"


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
            found[f"devices/{device}/{path.lstrip('/')}"] = text
    if files.not_rendered:
        found["not-rendered.txt"] = "\n".join(files.not_rendered) + "\n"
    return found


def write(files: Files, out: Path) -> Written:
    """Make the folder hold exactly the files, beside what others put there.

    :raises UsageError: the folder cannot be written.
    """
    wanted = flat(files)
    try:
        before = (out / LIST).read_text().splitlines() if (out / LIST).is_file() else []
        changed = [path for path in sorted(wanted) if not _holds(out / path, wanted[path])]
        # the list first: a run that is killed here leaves no file that no list knows
        if listed := sorted({*wanted, *before}):
            atomic.write(out / LIST, "\n".join(listed) + "\n")
        for path in changed:
            atomic.write(out / path, wanted[path])
        stale = [path for path in before if path not in wanted]
        gone = [path for path in stale if _remove(out, path)]
        atomic.write(out / LIST, "\n".join(sorted(wanted)) + "\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"cannot write to {out}: {problem}") from problem
    return Written(tuple(changed), tuple(gone), len(wanted) - len(changed))


def _holds(path: Path, content: str | bytes) -> bool:
    try:
        return path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    except FileNotFoundError:
        return False


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
