"""A network plugin of NCCL that is not NCCL's own."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Package
from rackwright.lab.twins.parts import shared_library, version
from rackwright.locks import HostLock


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """A library of the name that NCCL looks for."""
    row = lock.row("nccl_plugin")
    for name, full in row.packages.items():
        files = {
            **shared_library("libnccl-net.so.0", str(row.reports or full), architecture),
            **version("nccl_plugin", str(row.reports or full)),
        }
        yield Package(name, full, "network plugin of NCCL", files=files)
