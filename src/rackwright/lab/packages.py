"""Programs of the host that the lab needs, by the Debian package that brings them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from rackwright.errors import WorldRefused
from rackwright.lab.command import HERE, run

NEEDED: tuple[tuple[str, str], ...] = (
    # (program, Debian package)
    ("systemd-nspawn", "systemd-container"),
    ("mmdebstrap", "mmdebstrap"),
    ("apt-ftparchive", "apt-utils"),
    ("dpkg-deb", "dpkg"),
    ("gpg", "gpg"),
    ("gpgconf", "gpgconf"),
    ("gpg-agent", "gpg-agent"),
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("nsenter", "util-linux"),
    ("ssh", "openssh-client"),
    ("docker-registry", "docker-registry"),
)
STILL_WORKS = "check, plan, render and report work without it"


def missing() -> list[str]:
    """Debian packages that are not here, in order."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return [package for program, package in NEEDED if shutil.which(program, path=path) is None]


def install(packages: Sequence[str]) -> None:
    """Install them with apt.

    :raises WorldRefused: not root, or apt failed.
    """
    if os.geteuid() != 0:
        raise WorldRefused(
            HERE,
            "install packages",
            f"missing {' '.join(packages)}, and this is not root",
            f"run as root: apt-get install {' '.join(packages)}; {STILL_WORKS}",
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], "refresh apt's lists", timeout=300, env=env)
    run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
        f"install {' '.join(packages)}",
        timeout=600,
        env=env,
    )


def require() -> None:
    """The lab can be built here.

    :raises WorldRefused: no, and why.
    """
    if os.uname().sysname != "Linux":
        raise WorldRefused(
            HERE, "build a lab", f"{os.uname().sysname} has no network namespaces", STILL_WORKS
        )
    if os.geteuid() != 0:
        raise WorldRefused(HERE, "build a lab", "this is not root", f"run it with sudo; {STILL_WORKS}")
    packages = missing()
    if packages:
        raise WorldRefused(
            HERE,
            "build a lab",
            f"Debian packages are missing: {' '.join(packages)}",
            f"run: rackwright lab packages --install; {STILL_WORKS}",
        )
