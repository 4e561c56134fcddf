"""The NVIDIA driver: libraries, open kernel modules, ``nvidia-smi``, in Debian's or in Ubuntu's packages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rackwright.lab.twins import elf
from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.parts import TWIN, command, script, shared_library, units
from rackwright.locks import HostLock

MODULES = ("nvidia", "nvidia-uvm", "nvidia-modeset", "nvidia-drm")
LIBRARIES = {
    r"libnvidia-ml1": ("libnvidia-ml.so.1",),
    r"libcuda1": ("libcuda.so.1",),
    r"libnvidia-compute-\d+": ("libnvidia-ml.so.1", "libcuda.so.1"),
}
DKMS = r"nvidia-kernel-open-dkms|nvidia-dkms-\d+-open"
TOOLS = r"nvidia-driver-cuda|nvidia-utils-\d+"


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """Everything of one version: a user part never goes with another one's kernel module."""
    row = lock.row("driver")
    upstream = str(row.reports)
    for name, version in row.packages.items():
        sonames = next((each for key, each in LIBRARIES.items() if re.fullmatch(key, name)), ())
        if re.fullmatch(DKMS, name):
            yield _modules(name, version, upstream, architecture)
        elif re.fullmatch(TOOLS, name):
            yield _tools(name, version, lock)
        else:
            files: dict[str, Item] = {}
            for soname in sonames:
                files |= shared_library(soname, upstream, architecture)
            yield Package(name, version, "NVIDIA driver", files=files)


def _tools(name: str, version: str, lock: HostLock) -> Package:
    """It needs the libraries, the module and the daemon of its own version."""
    exact = lock.packages("driver", "persistence")
    depends = [f"{other} (= {full})" for other, full in sorted(exact.items()) if other != name]
    return Package(
        name,
        version,
        "NVIDIA driver, compute components",
        (*depends, TWIN),
        files={"usr/bin/nvidia-smi": command("smi")},
    )


def _modules(name: str, version: str, upstream: str, architecture: str) -> Package:
    information = {"version": upstream, "license": "Dual MIT/GPL", "description": "simulated, no code"}
    objects = {
        f"usr/lib/hardware-twin/modules/{module}.ko": Item(
            elf.module({**information, "name": module}, architecture)
        )
        for module in MODULES
    }
    return Package(
        name,
        version,
        "NVIDIA open kernel modules, DKMS source",
        ("dkms", TWIN),
        files={
            **objects,
            f"usr/src/nvidia-{upstream}/dkms.conf": Item(f'PACKAGE_VERSION="{upstream}"\n'.encode()),
            "usr/lib/hardware-twin/nvidia-load": command("module"),
            **units(
                "hardware-twin-nvidia.service", "hardware-twin-nvidia.path", "hardware-twin-refresh.service"
            ),
        },
        scripts={
            "postinst": script("dkms.postinst", {"version": upstream}),
            "prerm": script("dkms.prerm"),
        },
    )
