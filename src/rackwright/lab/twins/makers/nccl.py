"""NCCL's library: a soname that the dynamic linker finds, no code."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Package
from rackwright.lab.twins.parts import shared_library
from rackwright.locks import HostLock


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """One package."""
    row = lock.row("nccl")
    files = shared_library("libnccl.so.2", str(row.reports), architecture)
    yield Package("libnccl2", row.packages["libnccl2"], "NVIDIA collective communications", files=files)
