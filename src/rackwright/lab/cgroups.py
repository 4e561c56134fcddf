"""Control groups: one for each machine of a lab, so that its processes can be found and ended for certain.

Every process of a lab is started inside the lab's groups, which makes them the truth about what runs: a
record on disk may be missing after a kill, group membership cannot be. Both layouts work: the unified
hierarchy, and version 1 (or hybrid), where the group is made in every hierarchy and the machine's own root
then shows it as "/".
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.lab.command import HERE

MOUNT = Path("/sys/fs/cgroup")


def hierarchies() -> list[Path]:
    """The root of each hierarchy of this machine."""
    if (MOUNT / "cgroup.procs").exists():
        return [MOUNT]
    # Names such as cpu,cpuacct are reached by links too; each hierarchy is wanted once.
    roots = {path.resolve() for path in MOUNT.iterdir() if (path / "cgroup.procs").exists()}
    if not roots:
        raise WorldRefused(HERE, "find control groups", f"{MOUNT} holds none", "mount cgroup2 there")
    return sorted(roots)


def make(group: str) -> list[Path]:
    """Make a group in every hierarchy; the files to write a process id to."""
    made = []
    for root in hierarchies():
        path = root
        for part in group.split("/"):
            parent, path = path, path / part
            path.mkdir(exist_ok=True)
            for key in ("cpuset.cpus", "cpuset.mems"):
                source, target = parent / key, path / key
                # An empty cpuset of version 1 refuses every process.
                if target.exists() and root != MOUNT and not target.read_text().strip():
                    target.write_text(source.read_text())
        made.append(path / "cgroup.procs")
    return made


def _tree(path: Path) -> Iterator[Path]:
    """The groups below, deepest first, then the group itself."""
    try:
        children = [entry for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return
    for child in children:
        yield from _tree(Path(child.path))
    yield path


def pids(group: str) -> set[int]:
    """Every process in the group or below it, in any hierarchy. Kernel threads and the dead do not count."""
    found: set[int] = set()
    for root in hierarchies():
        for path in _tree(root / group):
            try:
                found.update(int(line) for line in (path / "cgroup.procs").read_text().split())
            except (FileNotFoundError, OSError):  # the group went away while we were looking
                continue
    found.discard(0)
    return found


def leader(group: str) -> int | None:
    """The process that is number 1 inside the machine running in this group."""
    for pid in pids(group):
        try:
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("NSpid:"):
                    chain = line.split()[1:]
                    # A longer chain is a container's inside the machine.
                    if len(chain) == 2 and chain[-1] == "1":
                        return pid
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None


def kill(group: str, timeout: float = 15) -> None:
    """End every process of the group and wait until they are gone.

    The machines' first processes go first: killing systemd-nspawn itself would leave its machine running.

    :raises WorldRefused: some did not end.
    """
    deadline = time.monotonic() + timeout
    while remaining := pids(group):
        for pid in sorted(remaining):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            raise WorldRefused(HERE, f"end the processes of {group}", f"still running: {sorted(remaining)}")
        time.sleep(0.02)


def remove(group: str, timeout: float = 10) -> None:
    """Take the group away in every hierarchy, with those below it; fine when it is gone.

    :raises WorldRefused: a process is still in it.
    """
    deadline = time.monotonic() + timeout
    while True:
        left = []
        for root in hierarchies():
            for path in _tree(root / group):
                try:
                    path.rmdir()
                except FileNotFoundError:
                    continue
                except OSError as problem:
                    left.append(f"{path}: {problem.strerror}")
        if not left:
            return
        if time.monotonic() > deadline:
            raise WorldRefused(HERE, f"remove control group {group}", left[0])
        time.sleep(0.05)
