"""NVIDIA container toolkit: ``nvidia-ctk``, and the units that write the CDI specification anew."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Package
from rackwright.lab.twins.parts import TWIN, command, script, units, version
from rackwright.locks import HostLock


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """The base package is all that a host with CDI needs."""
    del architecture
    row = lock.row("container_toolkit")
    for name, full in row.packages.items():
        yield Package(
            name,
            full,
            "NVIDIA container toolkit",
            (TWIN,),
            files={
                "usr/bin/nvidia-ctk": command("ctk"),
                **version("container_toolkit", str(row.reports)),
                **units("nvidia-cdi-refresh.service", "nvidia-cdi-refresh.path"),
            },
            scripts={"postinst": script("cdi.postinst"), "prerm": script("cdi.prerm")},
        )
