"""DCGM: the host engine and its client."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Package
from rackwright.lab.twins.parts import TWIN, command, script, units, version
from rackwright.locks import HostLock

CORE = "datacenter-gpu-manager-4-core"


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """Programs and unit are in the core; the package for a CUDA release brings libraries only."""
    del architecture
    row = lock.row("dcgm")
    for name, full in row.packages.items():
        if name != CORE:
            yield Package(name, full, "NVIDIA DCGM, libraries for a CUDA release", (f"{CORE} (= {full})",))
            continue
        yield Package(
            name,
            full,
            "NVIDIA DCGM",
            (TWIN,),
            files={
                "usr/bin/dcgmi": command("dcgm", "dcgmi"),
                "usr/bin/nv-hostengine": command("dcgm", "hostengine"),
                **version("dcgm", str(row.reports)),
                **units("nvidia-dcgm.service"),
            },
            scripts={
                "postinst": script("reload.postinst"),
                "postrm": script("service.postrm", {"unit": "nvidia-dcgm"}),
            },
        )
