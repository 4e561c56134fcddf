"""GPUDirect Storage: the kernel module nvidia-fs, libcufile and ``gdscheck``."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins import elf
from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.parts import TWIN, command, script, shared_library, version
from rackwright.locks import HostLock

CUFILE = """{
    // Simulated. Options: the GPUDirect Storage configuration guide.
    "logging": {
        "dir": "/var/log",
        "level": "ERROR"
    },
    "properties": {
        "allow_compat_mode": true,
        "max_direct_io_size_kb": 16384,
        "use_poll_mode": false
    }
}
"""
TOOLS = "usr/local/cuda/gds/tools"


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """The module is the row's version; the library's is the release that ``gdscheck`` prints."""
    row = lock.row("gds")
    for name, full in row.packages.items():
        upstream = full.rpartition("-")[0]
        if name.startswith("nvidia-fs"):
            yield _module(name, full, str(row.reports), architecture)
        elif name.startswith("libcufile"):
            yield Package(
                name,
                full,
                "NVIDIA GPUDirect Storage, cuFile library",
                (TWIN,),
                # The vendor has the checking program in a package of its own, which no lock names.
                files={
                    **shared_library("libcufile.so.0", upstream, architecture),
                    **version("gds", upstream),
                    "etc/cufile.json": Item(CUFILE.encode()),
                    f"{TOOLS}/gdscheck": command("gds"),
                    f"{TOOLS}/gdscheck.py": command("gds"),
                },
                conffiles=("etc/cufile.json",),
            )
        else:
            yield Package(name, full, "NVIDIA GPUDirect Storage")


def _module(name: str, full: str, upstream: str, architecture: str) -> Package:
    information = {"version": upstream, "license": "GPL v2", "name": "nvidia_fs", "description": "simulated"}
    return Package(
        name,
        full,
        "NVIDIA GPUDirect Storage, DKMS source of nvidia-fs",
        ("dkms", TWIN),
        files={
            "usr/lib/hardware-twin/modules-fs/nvidia-fs.ko": Item(elf.module(information, architecture)),
            f"usr/src/nvidia-fs-{upstream}/dkms.conf": Item(f'PACKAGE_VERSION="{upstream}"\n'.encode()),
        },
        scripts={
            "postinst": script("dkms-fs.postinst", {"version": upstream}),
            "prerm": script("dkms-fs.prerm"),
        },
    )
