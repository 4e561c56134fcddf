"""What the layers of a GPU driver say about themselves, and who uses the GPUs."""

from __future__ import annotations

import glob
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

PROC = "/proc/driver/nvidia/version"
NOT_JOBS = (
    "nvidia-persiste",
    "nv-fabricmanage",
    "nv-hostengine",
    "dcgm-exporter",
    "nvidia-imex",
    "nvidia-smi",
)
"""Processes that hold a GPU open without running a job (names as the kernel cuts them, 15 characters)."""
GPU = {"nvidia": r"/dev/nvidia\d+", "amd": r"/dev/kfd"}
"""The device node that a process opens to compute, by the GPU's vendor."""


def proc() -> str:
    """What the loaded module says of itself; empty where none is loaded."""
    try:
        with open(PROC, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def loaded() -> str | None:
    """Version of the loaded kernel module; None where none is loaded."""
    return parse_proc(proc())


def parse_proc(text: str) -> str | None:
    """The version in ``/proc/driver/nvidia/version``.

    >>> parse_proc("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.03  Release Build")
    '580.159.03'
    """
    found = re.search(r"^NVRM version:.*?\s(\d{3,}\.\d+(?:\.\d+)?)\s", text + " ", re.MULTILINE)
    return found[1] if found else None


def open_modules(text: str) -> bool:
    """Whether ``/proc/driver/nvidia/version`` tells of the open kernel modules.

    >>> open_modules("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.03  Release Build")
    True
    """
    return "open kernel module" in text.lower()


def libraries() -> list[str]:
    """Folders where packages have their shared libraries: Debian's, Red Hat's, AMD's and CUDA's."""
    patterns = ("/usr/lib/*-linux-gnu", "/usr/lib64", "/opt/rocm/lib", "/usr/local/cuda*/targets/*/lib")
    return [folder for pattern in patterns for folder in sorted(glob.glob(pattern))]


def library(soname: str) -> str | None:
    """Version of a library, by the file that its soname links to."""
    for folder in libraries():
        path = os.path.join(folder, soname)
        if os.path.exists(path):
            return os.path.basename(os.path.realpath(path)).partition(".so.")[2]
    return None


def open_files(folder: str) -> set[str]:
    """What a process holds open; a file that it closes while we look says nothing of its others."""
    found = set()
    for link in glob.glob(f"{folder}/*"):
        try:
            found.add(os.readlink(link))
        except OSError:
            continue
    return found


def jobs(vendor: str = "nvidia") -> list[str]:
    """Processes that hold a GPU's device node open, as ``name (pid)``."""
    found = []
    for folder in glob.glob("/proc/[0-9]*/fd"):
        links = open_files(folder)
        try:
            with open(f"{os.path.dirname(folder)}/comm", encoding="utf-8") as file:
                name = file.read().strip()
        except OSError:  # it ended while we looked
            continue
        if any(re.fullmatch(GPU[vendor], link) for link in links) and name not in NOT_JOBS:
            found.append(f"{name} ({os.path.basename(os.path.dirname(folder))})")
    return sorted(found)


def in_kernel(name: str) -> str | None:
    """Version of any loaded module that gives one; None where it is not loaded.

    nvidia and nvidia-fs say it in /proc/driver; in /sys/module in some builds only.
    """
    name = name.replace("-", "_")
    if name == "nvidia":
        return loaded()
    for path in (f"/sys/module/{name}/version", f"/proc/driver/{name.replace('_', '-')}/version"):
        try:
            with open(path, encoding="utf-8") as file:
                return file.readline().strip().removeprefix("version:").strip() or None
        except FileNotFoundError:
            continue
    return None


def on_disk(module: AnsibleModule, name: str = "nvidia") -> str | None:
    """Version of the module that the next boot loads."""
    path = module.get_bin_path("modinfo")
    if path is None:
        return None
    rc, out, _ = module.run_command([path, "-F", "version", name])
    return out.strip() if rc == 0 and out.strip() else None


def said(module: AnsibleModule, command: list[str], pattern: str) -> tuple[str | None, str]:
    """The version in a command's answer, and the answer itself; None where it gives none."""
    path = module.get_bin_path(command[0])
    if path is None:
        return None, f"{command[0]} is not installed"
    rc, out, err = module.run_command([path, *command[1:]])
    text = (out + err).strip()
    found = re.search(pattern, out, re.MULTILINE) if rc == 0 else None
    return (found[1] if found else None), text
