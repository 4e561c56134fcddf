"""nvlsm: the subnet manager that fabric manager starts where NVLink is of the fifth generation."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Package
from rackwright.lab.twins.parts import TWIN, command, version
from rackwright.locks import HostLock

PROGRAM = "opt/nvidia/nvlsm/sbin/nvlsm"


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """One package, with the program where fabric manager looks for it."""
    del architecture
    row = lock.row("nvlink_subnet_manager")
    files = {PROGRAM: command("nvlsm"), **version("nvlink_subnet_manager", str(row.reports))}
    for name, full in row.packages.items():
        yield Package(name, full, "NVIDIA NVLink subnet manager", (TWIN,), files=files)
