"""Debian packages with the programs that validators run, and that judge rendered files in the tests.
Installed beside the lab's, for tests and CI.

opensm and FRR are services: here only their programs are wanted, so nothing is started, and they do not come
up with the machine either: a second subnet manager on a real fabric is no small thing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.lab import packages as lab
from rackwright.lab.command import run
from rackwright.validate.subnet.simulation import library

NEEDED: tuple[tuple[str, str], ...] = (
    # (program, Debian package)
    ("vtysh", "frr"),
    ("opensm", "opensm"),
    ("ibsim", "ibsim-utils"),
    ("ibnetdiscover", "infiniband-diags"),
    ("kea-dhcp4", "kea-dhcp4-server"),
    ("named-checkzone", "bind9-utils"),
    ("shellcheck", "shellcheck"),
)
LIBRARY = "libumad2sim0"
SERVICES = ("opensm.service", "frr.service", "kea-dhcp4-server.service")
_POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian asks this program before it starts a service; 101: no (policy-rc.d specification of invoke-rc.d)."""


def missing() -> list[str]:
    """Debian packages that are not here, in order."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    found = [package for program, package in NEEDED if shutil.which(program, path=path) is None]
    return found if library() else [*found, LIBRARY]


def install(packages: Sequence[str]) -> None:
    """Install them with apt; their services stay off.

    :raises WorldRefused: not root, or apt failed.
    """
    with _nothing_starts():
        lab.install(packages)
    here = [service for service in SERVICES if service.removesuffix(".service") in packages]
    if here and shutil.which("systemctl"):
        run(["systemctl", "disable", "--quiet", *here], "keep services off", timeout=60)


@contextmanager
def _nothing_starts() -> Iterator[None]:
    """A policy of ours for as long as apt works; one that is there already stays."""
    if _POLICY.exists() or os.geteuid() != 0:
        yield
        return
    try:
        _POLICY.write_text("#!/bin/sh\nexit 101\n")
        _POLICY.chmod(0o755)
    except OSError as problem:
        raise WorldRefused("this machine", "keep services from starting", str(problem)) from problem
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
