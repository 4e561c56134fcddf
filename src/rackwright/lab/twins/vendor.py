"""The twin packages of a lock: the vendors' names, versions and dependencies; a simulated payload."""

from __future__ import annotations

import os
from collections.abc import Iterator

from rackwright.errors import UsageError
from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.makers import MAKERS
from rackwright.lab.twins.parts import PAYLOAD, TWIN, script
from rackwright.locks import HostLock

TWIN_VERSION = "1.0"
DKMS_VERSION = "3.2.2-1~deb13u1"
GPU_ROWS = frozenset({"driver", "amdgpu"})
"""One of them must be there: a lab without a GPU's driver shows nothing."""
REAL = frozenset({"containerd", "kernel", "kubernetes", "node_exporter", "runc"})
"""Rows that are not simulated: the depot has the real packages, or none (the kernel is this machine's)."""


def packages(lock: HostLock, architecture: str, kernel: str) -> Iterator[Package]:
    """Every twin that the lock needs, for machines that run ``kernel``.

    :raises UsageError: the lock has packages that there is no twin of.
    """
    if lock.apt is None:
        raise UsageError(f"no lab for host lock {lock.name}: its machines take packages with DNF")
    missing = [
        name for name, row in sorted(lock.rows.items()) if row.packages and name not in {*MAKERS, *REAL}
    ]
    if missing:
        raise UsageError(f"no lab for host lock {lock.name}: there are no twins of {', '.join(missing)}")
    if not GPU_ROWS & {name for name in lock.rows if name in MAKERS}:
        raise UsageError(
            f"no lab for host lock {lock.name}: twins need a row {' or '.join(sorted(GPU_ROWS))}"
        )
    yield _twin()
    yield _headers(kernel)
    yield _dkms()
    for name, maker in MAKERS.items():
        if name in lock.rows:
            yield from maker(lock, architecture)


def _twin() -> Package:
    code = {
        f"usr/lib/hardware-twin/hardware_twin/{path.name}": Item(path.read_bytes())
        for path in sorted((PAYLOAD / "hardware_twin").glob("*.py"))
    }
    return Package(TWIN, TWIN_VERSION, "hardware record for simulated machines", ("python3",), files=code)


def _headers(kernel: str) -> Package:
    source = f"usr/src/linux-headers-{kernel}"
    files = {
        f"{source}/README": Item(b"Simulated headers: no module is compiled in a lab.\n"),
        f"usr/lib/modules/{kernel}/build": Item(link=f"/{source}"),
    }
    version = f"{kernel.partition('-')[0]}-1"
    return Package(f"linux-headers-{kernel.lower()}", version, f"headers of Linux {kernel}", files=files)


def _dkms() -> Package:
    files = {"usr/sbin/dkms": Item(script("dkms").encode(), 0o755)}
    return Package("dkms", DKMS_VERSION, "Dynamic Kernel Module System", ("kmod",), files=files)


def kernel() -> str:
    """The kernel that the lab's machines run: this machine's."""
    return os.uname().release
