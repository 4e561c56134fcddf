"""A lock's name to a lock that holds: read, joined with what it extends, judged by every rule."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from rackwright.errors import BadInput, Problem, UsageError
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import limited
from rackwright.locks.judge import judge
from rackwright.locks.model import HostLock
from rackwright.locks.parts import Joined, join
from rackwright.paths import home


def folder() -> Path:
    """Where locks lie."""
    return home() / "catalog" / "locks"


def names() -> list[str]:
    """Every lock of the catalog."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


@lru_cache(maxsize=32)
def load_lock(name: str) -> HostLock:
    """Read a lock by name.

    :raises UsageError: there is no such lock.
    :raises BadInput: the file breaks the model, or the lock a rule; every mistake at once.
    """
    path = folder() / f"{name}.yaml"
    if not path.is_file():
        raise UsageError(f"no host lock {name}; {did_you_mean(name, names())}")
    return read_lock(path)


def locate(lock: str) -> Path:
    """The file that a lock's name or path means.

    :raises UsageError: there is none; with the nearest name.
    """
    by_name, given = folder() / f"{lock}.yaml", Path(lock)
    if "/" not in lock and by_name.is_file():
        return by_name
    if given.is_file():
        return given
    raise UsageError(f"no host lock {lock[:80]!r}, and no such file; {did_you_mean(lock, names())}")


def read_lock(path: Path) -> HostLock:
    """Read a lock by its file.

    :raises BadInput: as :func:`load_lock`.
    """
    joined, problems = inspect(path)
    if problems or joined.lock is None:
        raise BadInput(limited(problems))
    return joined.lock


def inspect(path: Path) -> tuple[Joined, list[Problem]]:
    """A lock and everything that is wrong with it."""
    joined = join(path)
    return joined, [*joined.problems, *judge(joined)]
