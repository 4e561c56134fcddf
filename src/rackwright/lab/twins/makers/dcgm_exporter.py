"""dcgm-exporter: metrics of the GPUs over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.parts import TWIN, command, script, units, version
from rackwright.locks import HostLock

COUNTERS = "etc/dcgm-exporter/default-counters.csv"


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """One package."""
    del architecture
    row = lock.row("dcgm_exporter")
    for name, full in row.packages.items():
        yield Package(
            name,
            full,
            "NVIDIA DCGM exporter",
            (TWIN,),
            files={
                "usr/bin/dcgm-exporter": command("exporter"),
                COUNTERS: Item(b"# Simulated: the twin serves a fixed set of metrics.\n"),
                **version("dcgm_exporter", str(row.reports)),
                **units("nvidia-dcgm-exporter.service"),
            },
            scripts={
                "postinst": script("reload.postinst"),
                "postrm": script("service.postrm", {"unit": "nvidia-dcgm-exporter"}),
            },
            conffiles=(COUNTERS,),
        )
