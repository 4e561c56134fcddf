"""A run that was killed may leave its Ansible at work for a few seconds: nobody else may begin meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.resources.ansible_run import control_directory

SECONDS = 60.0
PROC = Path("/proc")


def processes(known_hosts: Path) -> list[int]:
    """Processes of this machine that run roles on the cluster; shared SSH connections wait and do nothing."""
    mark = f"ANSIBLE_SSH_CONTROL_PATH_DIR={control_directory(known_hosts)}".encode()
    found = []
    for folder in PROC.glob("[0-9]*"):
        try:
            words = (folder / "environ").read_bytes().split(b"\0")
            if mark in words and (folder / "comm").read_text().strip() != "ssh":
                found.append(int(folder.name))
        except OSError:  # it ended, or belongs to somebody else
            continue
    return sorted(found)


async def wait(known_hosts: Path, seconds: float = SECONDS) -> None:
    """Wait for their end.

    :raises WorldRefused: they do not end.
    """
    deadline = time.monotonic() + seconds
    while left := processes(known_hosts):
        if time.monotonic() > deadline:
            text = ", ".join(map(str, left))
            raise WorldRefused("this machine", "begin", f"roles still run: processes {text}", "end them")
        await asyncio.sleep(0.5)
