"""The programs of a table that are built here, module by module, each asked for its version afterwards."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path

from rackwright.depot import golang
from rackwright.depot.place import this_arch
from rackwright.depot.program import run
from rackwright.depot.record import Held
from rackwright.depot.sources import Job, folders, held
from rackwright.depot.table import FileRow, Says
from rackwright.errors import WorldRefused

SAYS_SECONDS = 60


def able(job: Job, rows: Mapping[str, FileRow]) -> dict[str, str]:
    """Why each of these cannot be built here; nothing for those that can."""
    found: dict[str, str] = {}
    for name, row in rows.items():
        if row.go is None:
            found[name] = "there is no Go module to build it from"
            continue
        try:
            golang.find(golang.folder_of(folders(), job.table.modules[row.go.module]))
        except WorldRefused as problem:
            found[name] = f"Go: {problem.found}"
    return found


def build(job: Job, rows: Mapping[str, FileRow]) -> list[Held]:
    """Build programs, one after the other: Go itself keeps every core busy.

    :raises WorldRefused: a build failed, or a program tells another version; what is built by then is kept.
    """
    made: list[Held] = []
    verified: set[str] = set()
    ordered = sorted(rows.items(), key=lambda item: (item[1].go.module if item[1].go else "", item[0]))
    for number, (name, row) in enumerate(ordered, 1):
        if row.go is None:
            continue
        module = job.table.modules[row.go.module]
        folder = golang.folder_of(folders(), module)
        go = golang.find(folder)
        built = golang.program(job.place, golang.key(go, folder, module, row.go, job.arch))
        if built is not None:
            job.tell.say(f"{name}: built before")
        else:
            if folder.name not in verified:
                golang.verify(go, folder)
                verified.add(folder.name)
            began = time.monotonic()
            job.tell.say(f"{name}: building with {go.version} ({number} of {len(ordered)})")
            with job.tell.work(f"build {name}") as work:
                built = golang.build(job.place, go, folder, module, row, job.arch, work.line)
            job.tell.say(f"{name}: built in {time.monotonic() - began:.0f} s")
        if row.says is not None:
            ask(name, built, row.says, job.arch)
        of = f"{row.go.package} of {folder.name} with {go.version}"
        made.append(held(name, row, job.place, job.place.keep(built), "go", of))
    return made


def ask(name: str, program: Path, says: Says, arch: str) -> None:
    """A program tells the version that its row has. Not asked where this machine cannot run it.

    :raises WorldRefused: it tells another one, or does not run.
    """
    if platform.system() != "Linux" or arch != this_arch():
        return
    program.chmod(0o755)
    step = f"ask {name} for its version"
    env = {"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent"}
    text = run([program, *says.arguments], step, cwd=Path("/"), env=env, timeout=SAYS_SECONDS)
    if says.text not in text:
        raise WorldRefused(name, "ask for its version", f"{text.strip()[:200]!r}, expected {says.text!r}")
