"""Twins: Debian packages with the vendors' names and versions whose commands answer from a hardware record.

Only the lab builds them, into its own depot. What Debian itself has is not a twin: ``DEBIAN_PACKAGES`` names
the real packages whose closure belongs into the depot beside them.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.lab.twins.deb import write
from rackwright.lab.twins.vendor import kernel, packages
from rackwright.locks import load_lock

DEBIAN_PACKAGES = (
    "chrony",
    "curl",
    "ethtool",
    "glusterfs-client",
    "glusterfs-server",
    "keepalived",
    "kmod",
    "lldpd",
    "traceroute",
)
"""Real Debian packages that the roles install."""

__all__ = ["DEBIAN_PACKAGES", "build"]


def architecture() -> str:
    """Debian's name for this machine's architecture.

    :raises WorldRefused: dpkg is missing, or no twin is written for it.
    """
    try:
        done = subprocess.run(
            ["/usr/bin/dpkg", "--print-architecture"], capture_output=True, text=True, timeout=20, check=True
        )
    except (FileNotFoundError, subprocess.SubprocessError) as problem:
        raise WorldRefused(
            "lab", "build twin packages", str(problem), "the lab needs Debian's dpkg"
        ) from problem
    name = done.stdout.strip()
    if name not in {"amd64", "arm64"}:
        raise WorldRefused("lab", "build twin packages", f"architecture {name}", "use amd64 or arm64")
    return name


def build(out_dir: Path, lock: str = "h100-debian13") -> list[Path]:
    """Build every twin of a lock into ``out_dir``; the same bytes on every run.

    :raises WorldRefused: dpkg-deb is missing or refuses.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    name = architecture()
    return [write(package, name, out_dir) for package in packages(load_lock(lock), name, kernel())]
