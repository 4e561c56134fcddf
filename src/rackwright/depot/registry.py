"""The registry program that serves a depot's images: the CNCF's distribution, read-only.

Why this one: Debian packages it (``docker-registry``), so that it comes with security updates through the
package manager that a site mirrors anyway; its storage is files that we can lay out and prove; it needs
neither a database nor an account. zot is larger by a hundred modules and in no distribution; a server of
our own would be one more implementation to trust.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from rackwright.atomic import write
from rackwright.depot import together
from rackwright.errors import WorldRefused

PROGRAMS = ("docker-registry", "registry")
"""Debian's name, and upstream's own."""
PORT = 8481
"""Beside the port of the depot's files. Not 5000: Debian's package starts a registry of its own there."""


def program() -> str:
    """:raises WorldRefused: it is not installed."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise WorldRefused(
            "this machine",
            "serve images",
            "docker-registry is not installed",
            "apt-get install docker-registry",
        )
    return found


def configuration(registry: Path, address: str) -> str:
    """What the registry is run with. JSON is YAML, too.

    :param registry: its folder.
    :param address: ``host:port`` to listen on.
    """
    document = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(registry)},
            "maintenance": {"uploadpurging": {"enabled": False}, "readonly": {"enabled": True}},
        },
        # The secret would sign uploads, of which there are none; without one it warns at every start.
        "http": {"addr": address, "secret": "nothing can be uploaded"},
    }
    return json.dumps(document, indent=1) + "\n"


def command(folders: Sequence[Path], address: str, scratch: Path) -> list[str]:
    """The command line that serves filled depots, newest first; writes its configuration to ``scratch``.

    :raises WorldRefused: one of them is not filled.
    """
    root = together.registry(folders)
    file = scratch / f"registry-{folders[0].name}.json"
    write(file, configuration(root, address))
    return [program(), "serve", str(file)]


def serve(folders: Sequence[Path], address: str, scratch: Path) -> None:
    """Become the registry program; returns only by an error."""
    argv = command(folders, address, scratch)
    os.execv(argv[0], argv)  # noqa: S606 - a program by its path, no shell
