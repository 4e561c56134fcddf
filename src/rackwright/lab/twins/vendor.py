"""The twin packages: the vendors' names, versions and dependencies; a simulated payload."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from rackwright.errors import UsageError
from rackwright.lab.twins import elf
from rackwright.lab.twins.deb import Item, Package
from rackwright.locks import HostLock

PAYLOAD = Path(__file__).parent / "payload"
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
TWIN = "hardware-twin"
TWIN_VERSION = "1.0"
DKMS_VERSION = "3.2.2-1~deb13u1"
TWINNED = ("driver", "fabric_manager", "nccl", "rdma_core", "container_toolkit")
"""Rows of a lock that the twins are made of."""
MODULES = ("nvidia", "nvidia-uvm", "nvidia-modeset", "nvidia-drm")

COMMAND = """#!/usr/bin/python3 -I
import sys
sys.path.insert(0, "/usr/lib/hardware-twin")
from hardware_twin import {module}
sys.exit({module}.{function}(sys.argv[1:]))
"""


def _command(module: str, function: str = "main") -> Item:
    return Item(COMMAND.format(module=module, function=function).encode(), 0o755)


def _unit(name: str) -> Item:
    return Item((PAYLOAD / "units" / name).read_bytes())


def _script(name: str, values: Mapping[str, str] | None = None) -> str:
    text = (PAYLOAD / "scripts" / name).read_text(encoding="utf-8")
    for key, value in (values or {}).items():
        text = text.replace(f"@{key}@", value)
    return text


def packages(lock: HostLock, architecture: str, kernel: str) -> Iterator[Package]:
    """Every twin that the lock needs, for machines that run ``kernel``.

    :raises UsageError: the lock is not for NVIDIA GPUs; there are no twins of others yet.
    """
    missing = [row for row in TWINNED if row not in lock.rows]
    if missing:
        raise UsageError(f"no lab for host lock {lock.name}: twins need its rows {', '.join(missing)}")
    yield _twin()
    yield _headers(kernel)
    yield from _driver(lock, architecture)
    yield from _daemons(lock)
    yield from _nccl(lock, architecture)
    yield from _rdma(lock)
    yield from _toolkit(lock)


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


def _driver(lock: HostLock, architecture: str) -> Iterator[Package]:
    row = lock.row("driver")
    upstream, versions = str(row.reports), row.packages
    libraries = f"usr/lib/{TRIPLETS[architecture]}"
    for name, soname in (("libnvidia-ml1", "libnvidia-ml.so.1"), ("libcuda1", "libcuda.so.1")):
        real = f"{soname.rpartition('.')[0]}.{upstream}"
        files = {
            f"{libraries}/{real}": Item(elf.library(soname, architecture)),
            f"{libraries}/{soname}": Item(link=real),
        }
        yield Package(name, versions[name], f"NVIDIA {soname}", files=files)
    information = {"version": upstream, "license": "Dual MIT/GPL", "description": "simulated, no code"}
    kernel_objects = {
        f"usr/lib/hardware-twin/modules/{name}.ko": Item(
            elf.module({**information, "name": name}, architecture)
        )
        for name in MODULES
    }
    yield Package(
        "dkms",
        DKMS_VERSION,
        "Dynamic Kernel Module System",
        ("kmod",),
        files={"usr/sbin/dkms": Item(_script("dkms").encode(), 0o755)},
    )
    yield Package(
        "nvidia-kernel-open-dkms",
        versions["nvidia-kernel-open-dkms"],
        "NVIDIA open kernel modules, DKMS source",
        (f"dkms (>= {DKMS_VERSION.partition('-')[0]})", TWIN),
        files={
            **kernel_objects,
            f"usr/src/nvidia-{upstream}/dkms.conf": Item(f'PACKAGE_VERSION="{upstream}"\n'.encode()),
            "usr/lib/hardware-twin/nvidia-load": _command("module"),
            "usr/lib/systemd/system/hardware-twin-nvidia.service": _unit("hardware-twin-nvidia.service"),
            "usr/lib/systemd/system/hardware-twin-nvidia.path": _unit("hardware-twin-nvidia.path"),
            "usr/lib/systemd/system/hardware-twin-refresh.service": _unit("hardware-twin-refresh.service"),
        },
        scripts={
            "postinst": _script("dkms.postinst", {"version": upstream}),
            "prerm": _script("dkms.prerm"),
        },
    )
    exact = f"(= {versions['libnvidia-ml1']})"
    yield Package(
        "nvidia-driver-cuda",
        versions["nvidia-driver-cuda"],
        "NVIDIA driver, compute components",
        (
            *(f"{name} {exact}" for name in ("libcuda1", "libnvidia-ml1", "nvidia-kernel-open-dkms")),
            f"nvidia-persistenced {exact}",
            "nvidia-modprobe",
            TWIN,
        ),
        files={"usr/bin/nvidia-smi": _command("smi")},
    )
    yield Package(
        "nvidia-modprobe",
        versions["nvidia-modprobe"],
        "loads the NVIDIA kernel module and makes its device nodes",
        (TWIN,),
        files={"usr/bin/nvidia-modprobe": _command("module")},
    )


def _daemons(lock: HostLock) -> Iterator[Package]:
    driver, manager = lock.row("driver"), lock.row("fabric_manager")
    yield Package(
        "nvidia-persistenced",
        driver.packages["nvidia-persistenced"],
        "daemon that keeps the driver's state",
        (f"libnvidia-ml1 (= {driver.packages['libnvidia-ml1']})", TWIN),
        files={
            "usr/bin/nvidia-persistenced": _command("daemons", "persistenced"),
            "usr/lib/systemd/system/nvidia-persistenced.service": _unit("nvidia-persistenced.service"),
        },
        scripts={"postinst": _script("service.postinst", {"unit": "nvidia-persistenced"})},
    )
    for name, version in manager.packages.items():
        yield Package(
            name,
            version,
            "NVIDIA fabric manager for NVSwitch systems",
            (TWIN,),
            files={
                "usr/bin/nv-fabricmanager": _command("daemons", "fabricmanager"),
                "usr/share/nvidia/nvswitch/VERSION": Item(f"{manager.reports}\n".encode()),
                "usr/lib/systemd/system/nvidia-fabricmanager.service": _unit("nvidia-fabricmanager.service"),
            },
            scripts={"postinst": _script("reload.postinst")},
        )


def _nccl(lock: HostLock, architecture: str) -> Iterator[Package]:
    row = lock.row("nccl")
    libraries = f"usr/lib/{TRIPLETS[architecture]}"
    real = f"libnccl.so.{row.reports}"
    files = {
        f"{libraries}/{real}": Item(elf.library("libnccl.so.2", architecture)),
        f"{libraries}/libnccl.so.2": Item(link=real),
    }
    yield Package("libnccl2", row.packages["libnccl2"], "NVIDIA collective communications", files=files)


def _rdma(lock: HostLock) -> Iterator[Package]:
    commands = {
        "ibverbs-utils": {"ibv_devices": "ibv_devices", "ibv_devinfo": "ibv_devinfo"},
        "infiniband-diags": {"ibstat": "ibstat"},
    }
    for name, version in lock.row("rdma_core").packages.items():
        files = {
            f"usr/bin/{command}": _command("rdma", function) for command, function in commands[name].items()
        }
        yield Package(name, version, "RDMA tools", (TWIN,), files=files)


def _toolkit(lock: HostLock) -> Iterator[Package]:
    row = lock.row("container_toolkit")
    answer = f"#!/bin/sh\necho 'NVIDIA Container Toolkit CLI version {row.reports}'\n"
    for name, version in row.packages.items():
        yield Package(
            name,
            version,
            "NVIDIA container toolkit",
            files={"usr/bin/nvidia-ctk": Item(answer.encode(), 0o755)},
        )


def kernel() -> str:
    """The kernel that the lab's machines run: this machine's."""
    return os.uname().release
