"""The lab's own background programs (BMC emulator, depot): they outlive ``lab up`` and end with ``lab
down``.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rackwright.atomic import write
from rackwright.lab import cgroups
from rackwright.lab.place import Place


def group(place: Place, name: str) -> str:
    """Its control group; no device name begins with a dot."""
    return f"{place.cgroup}/.{name}"


def running(place: Place, name: str) -> bool:
    return bool(cgroups.pids(group(place, name)))


def stop(place: Place, name: str) -> None:
    cgroups.kill(group(place, name))


def log(place: Place, name: str) -> Path:
    return place.dir / f"{name}.log"


def ensure(place: Place, name: str, module: str, arguments: Sequence[str], configuration: str) -> bool:
    """Start ``python -m module`` unless it runs with this configuration; True when it was started.

    :param configuration: whatever the program reads once at its start; another text restarts it.
    """
    stamp = place.dir / f"{name}.stamp"
    digest = hashlib.sha256(configuration.encode()).hexdigest()
    if running(place, name):
        if stamp.exists() and stamp.read_text() == digest:
            return False
        stop(place, name)
    groups = cgroups.make(group(place, name))

    def enter() -> None:
        for procs in groups:
            procs.write_text(str(os.getpid()))

    kept = {key: value for key, value in os.environ.items() if key.startswith("RACKWRIGHT_")}
    path = os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
    with log(place, name).open("ab") as file:
        subprocess.Popen(  # noqa: S603 - argv is a list, no shell
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            cwd="/",
            preexec_fn=enter,
            env={**kept, "PATH": path, "HOME": os.environ.get("HOME", "/root"), "LC_ALL": "C.UTF-8"},
        )
    write(stamp, digest)
    return True
