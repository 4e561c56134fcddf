"""``python -m tests.kernel.packages``: install the Debian packages that the QEMU machine needs (root)."""

from __future__ import annotations

import os
import shutil

from rackwright.lab import packages

NEEDED = {"qemu-system-x86_64": "qemu-system-x86", "mke2fs": "e2fsprogs", "mmdebstrap": "mmdebstrap"}


def missing() -> list[str]:
    """Debian packages that are not here."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return [package for program, package in NEEDED.items() if shutil.which(program, path=path) is None]


if __name__ == "__main__":
    wanted = missing()
    if wanted:
        packages.install(wanted)
