"""What the layers of an NVIDIA driver say about themselves."""

from __future__ import annotations

import glob
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

PROC = "/proc/driver/nvidia/version"
NOT_JOBS = ("nvidia-persiste", "nv-fabricmanage", "nv-hostengine", "dcgm-exporter", "nvidia-smi")
"""Processes that hold a GPU open without running a job (names as the kernel cuts them, 15 characters)."""


def loaded() -> str | None:
    """Version of the loaded kernel module; None where none is loaded."""
    try:
        with open(PROC, encoding="utf-8") as file:
            return parse_proc(file.read())
    except FileNotFoundError:
        return None


def parse_proc(text: str) -> str | None:
    """The version in ``/proc/driver/nvidia/version``.

    >>> parse_proc("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.03  Release Build")
    '580.159.03'
    """
    found = re.search(r"^NVRM version:.*?\s(\d{3,}\.\d+(?:\.\d+)?)\s", text + " ", re.MULTILINE)
    return found[1] if found else None


def library(soname: str) -> str | None:
    """Version of a library, by the file that its soname links to."""
    for folder in sorted(glob.glob("/usr/lib/*-linux-gnu")):
        path = os.path.join(folder, soname)
        if os.path.exists(path):
            return os.path.basename(os.path.realpath(path)).partition(".so.")[2]
    return None


def jobs() -> list[str]:
    """Processes that hold a GPU's device node open, as ``name (pid)``."""
    found = []
    for folder in glob.glob("/proc/[0-9]*/fd"):
        try:
            links = {os.readlink(link) for link in glob.glob(f"{folder}/*")}
            with open(f"{os.path.dirname(folder)}/comm", encoding="utf-8") as file:
                name = file.read().strip()
        except OSError:  # it ended while we looked
            continue
        if any(re.fullmatch(r"/dev/nvidia\d+", link) for link in links) and name not in NOT_JOBS:
            found.append(f"{name} ({os.path.basename(os.path.dirname(folder))})")
    return sorted(found)


def on_disk(module: AnsibleModule) -> str | None:
    """Version of the module that the next boot loads."""
    path = module.get_bin_path("modinfo")
    if path is None:
        return None
    rc, out, _ = module.run_command([path, "-F", "version", "nvidia"])
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
