"""One writer at a time, and a lock that never needs a person.

The kernel's ``flock`` does the excluding, so the lock falls with its process however that ends. The file's
text says who holds it: host, pid, boot id, the process's start time and since when. Text that is left over by
a process that is gone is recognised and explained.

>>> with Lock(state / "lock", "cluster lab") as lock:
...     print(lock.note)      # "" or why a lock that was left over has been taken over
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO

from rackwright.errors import Locked


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock."""

    host: str
    pid: int
    boot: str
    """The kernel's boot id; "" where there is none (not Linux)."""
    start: str
    """Start time of the process in clock ticks since boot (field 22 of /proc/PID/stat); "" where unknown."""
    since: str
    """ISO 8601, UTC."""


def boot_id() -> str:
    """The running kernel's boot id; "" where the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def start_time(pid: int) -> str | None:
    """When a process started, in clock ticks since boot; None when no such process runs."""
    try:
        # The command name may hold blanks and brackets: count fields after the last closing one.
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        # A zombie has ended; it only waits for its parent, which may never ask.
        return None if fields[0] in "ZX" else fields[19]
    except (FileNotFoundError, ProcessLookupError):
        pass
    if Path("/proc/self/stat").exists():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""


def myself() -> Holder:
    """This process as a holder."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Holder(socket.gethostname(), os.getpid(), boot_id(), start_time(os.getpid()) or "", now)


def stale(holder: Holder) -> str:
    """Why a holder cannot be running any more; "" when it may be."""
    who = f"process {holder.pid} on {holder.host} (since {holder.since})"
    if holder.host != socket.gethostname():
        return ""
    if holder.boot != boot_id():
        return f"left by {who}; the machine has been restarted since"
    started = start_time(holder.pid)
    if started is None:
        return f"left by {who}, which no longer runs"
    if started != holder.start:
        return f"left by {who}; that number now belongs to another process"
    return ""


def read_holder(path: Path) -> Holder | None:
    """Who the lock file names; None when it is free, absent or was cut short while being written."""
    try:
        return Holder(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


class Lock:
    """Holds ``path`` for this process; a context manager.

    :raises Locked: a live process holds it.
    """

    def __init__(self, path: Path, what: str) -> None:
        self.path, self.what, self.note = path, what, ""
        self._file: IO[str] | None = None

    def __enter__(self) -> Lock:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self.path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise self._locked() from None
        holder = read_holder(self.path)
        if holder is not None:
            self.note = stale(holder)
            # flock may not reach across a network file system: a holder on another host counts as live.
            if not self.note and holder.host != socket.gethostname():
                file.close()
                raise Locked(self.what, holder.pid, holder.host, holder.since)
        file.truncate(0)
        file.write(json.dumps(asdict(myself())))
        file.flush()
        os.fsync(file.fileno())
        self._file = file
        return self

    def _locked(self) -> Locked:
        for _ in range(20):  # the holder may be between taking the lock and writing its name
            holder = read_holder(self.path)
            if holder is not None:
                return Locked(self.what, holder.pid, holder.host, holder.since)
            time.sleep(0.05)
        return Locked(self.what, 0, socket.gethostname(), "a moment ago")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None
