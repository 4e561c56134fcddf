"""Limits of this machine's kernel that a lab outgrows; raised while any lab is up, and put back with the
last one.

Each systemd holds several inotify instances, and all machines of all labs are root's: the kernel's default
of 128 is used up by one lab of twenty machines, and then the next machine's first process ends at once.
"""

from __future__ import annotations

import json
from pathlib import Path

from rackwright.atomic import write
from rackwright.errors import WorldRefused
from rackwright.lab.command import HERE
from rackwright.lab.place import labs

NEEDED = {
    "fs/inotify/max_user_instances": 8192,
    "fs/inotify/max_user_watches": 524288,
}
PROC = Path("/proc/sys")


def _record() -> Path:
    return labs() / ".limits.json"


def raise_them() -> None:
    """Raise what is lower than a lab needs, remembering what it was.

    :raises WorldRefused: the kernel does not let us (inside a container, for instance).
    """
    before: dict[str, int] = {}
    for name, wanted in NEEDED.items():
        found = int((PROC / name).read_text())
        if found >= wanted:
            continue
        before[name] = found
    if not before:
        return
    kept = _read()
    write(_record(), json.dumps({**before, **kept}) + "\n")
    for name in before:
        try:
            (PROC / name).write_text(str(NEEDED[name]))
        except OSError as problem:
            raise WorldRefused(
                HERE,
                f"raise {name.replace('/', '.')}",
                f"it is {before[name]}, a lab needs {NEEDED[name]}: {problem.strerror}",
                f"run on the host: sysctl {name.replace('/', '.')}={NEEDED[name]}",
            ) from problem


def put_back() -> None:
    """What was raised is lowered again; call it when the last lab is gone."""
    for name, value in _read().items():
        # Somebody else may have set another value since: theirs stays.
        if name in NEEDED and int((PROC / name).read_text()) == NEEDED[name]:
            (PROC / name).write_text(str(value))
    _record().unlink(missing_ok=True)


def _read() -> dict[str, int]:
    try:
        found: dict[str, int] = json.loads(_record().read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found
