"""AMD: the GPU driver, ROCm's core, RCCL and the system management interface."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins import elf
from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.parts import TWIN, command, script, units
from rackwright.locks import HostLock

ROCM = "opt/rocm"


def driver(lock: HostLock, architecture: str) -> Iterator[Package]:
    """``amdgpu-dkms``: the kernel module, its nodes in /dev and its trace in /sys/module."""
    row = lock.row("amdgpu")
    upstream = str(row.reports)
    information = {
        "version": upstream,
        "license": "GPL and additional rights",
        "description": "simulated, no code",
    }
    module = elf.module({**information, "name": "amdgpu"}, architecture)
    for name, version in row.packages.items():
        if name != "amdgpu-dkms":
            yield Package(name, version, "AMD GPU firmware")
            continue
        yield Package(
            name,
            version,
            "amdgpu kernel module, DKMS source",
            ("dkms", TWIN),
            files={
                "usr/lib/hardware-twin/amd-modules/amdgpu.ko": Item(module),
                f"usr/src/amdgpu-{upstream}/dkms.conf": Item(f'PACKAGE_VERSION="{upstream}"\n'.encode()),
                "usr/lib/hardware-twin/amdgpu-load": command("amd_module"),
                # modprobe runs this in place of a load that a container may not do.
                "usr/lib/modprobe.d/hardware-twin-amdgpu.conf": Item(
                    b"install amdgpu /usr/lib/hardware-twin/amdgpu-load\n"
                ),
                **units("hardware-twin-amdgpu.service"),
            },
            scripts={
                "postinst": script("amdgpu.postinst", {"version": upstream}),
                "prerm": script("amdgpu.prerm"),
            },
        )


def rocm(lock: HostLock, architecture: str) -> Iterator[Package]:
    """``rocm-core``: the version file that everything of ROCm reads."""
    del architecture
    row = lock.row("rocm")
    for name, version in row.packages.items():
        files = {f"{ROCM}/.info/version": Item(f"{row.reports}\n".encode())} if name == "rocm-core" else {}
        yield Package(name, version, "ROCm", files=files)


def rccl(lock: HostLock, architecture: str) -> Iterator[Package]:
    """The library that RCCL is."""
    row = lock.row("rccl")
    real = f"librccl.so.{row.reports}"
    files = {
        f"{ROCM}/lib/{real}": Item(elf.library("librccl.so.1", architecture)),
        f"{ROCM}/lib/librccl.so.1": Item(link=real),
    }
    for name, version in row.packages.items():
        yield Package(name, version, "AMD collective communications", files=files)


def smi(lock: HostLock, architecture: str) -> Iterator[Package]:
    """``amd-smi`` and ``rocm-smi``."""
    del architecture
    row = lock.row("amd_smi")
    for name, version in row.packages.items():
        files = {
            f"{ROCM}/bin/amd-smi": command("amd_smi"),
            f"{ROCM}/bin/rocm-smi": command("amd_smi", "rocm_smi"),
            f"{ROCM}/share/amd_smi/version": Item(f"{row.reports}\n".encode()),
            "usr/bin/amd-smi": Item(link=f"/{ROCM}/bin/amd-smi"),
            "usr/bin/rocm-smi": Item(link=f"/{ROCM}/bin/rocm-smi"),
        }
        yield Package(name, version, "AMD system management interface", (TWIN,), files=files)
