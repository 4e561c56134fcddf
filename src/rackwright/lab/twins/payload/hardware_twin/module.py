"""nvidia-modprobe and the boot-time loader: "load" the kernel modules and make their device nodes.

A container cannot load a module. What the product reads is the modules' trace in the ordinary places:
``/proc/driver/nvidia/version`` (a bind mount over the empty ``/proc/driver``), ``/dev/nvidia*``, the journal.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import gpu as device
from . import record, xid

PROC = record.STATE / "proc-driver"
MOUNT = Path("/proc/driver")


def on_disk(name: str = "nvidia") -> str | None:
    """Version of the module that the next load would take."""
    found = subprocess.run(  # noqa: S603 - our own names
        ["/sbin/modinfo", "-F", "version", name], capture_output=True, text=True, timeout=20, check=False
    )
    return found.stdout.strip() or None


def _publish(data: dict[str, Any], version: str) -> None:
    text = (
        f"NVRM version: NVIDIA UNIX Open Kernel Module for {os.uname().machine}  {version}  Release Build  "
        "(hardware-twin@lab)\nGCC version:  simulated: no code was compiled\n"
    )
    (PROC / "nvidia").mkdir(parents=True, exist_ok=True)
    (PROC / "nvidia" / "version").write_text(text, encoding="utf-8")
    for gpu in record.gpus(data):
        folder = PROC / "nvidia" / "gpus" / device.kernel_id(gpu)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "information").write_text(
            f"Model: \t\t {gpu['name']}\nGPU UUID: \t {gpu['uuid']}\n"
            f"Bus Location: \t {device.kernel_id(gpu)}\nDevice Minor: \t {gpu['index']}\n",
            encoding="utf-8",
        )
    if not (MOUNT / "nvidia").exists():
        command = ["/bin/mount", "--bind", str(PROC), str(MOUNT)]
        subprocess.run(command, timeout=20, check=True)  # noqa: S603 - constants


def _file_system() -> None:
    """``nvidia-fs`` is loaded with the driver where it is installed, and stays as it is as well."""
    version = PROC / "nvidia-fs" / "version"
    found = on_disk("nvidia-fs")
    if found is not None and not version.exists():
        version.parent.mkdir(parents=True, exist_ok=True)
        version.write_text(f"version: {found}\n", encoding="utf-8")


def _nodes(data: dict[str, Any]) -> None:
    """Device nodes of every GPU that the driver found; none, or not all, where a fault says so."""
    gone = {f"nvidia{index}" for index in data["faults"].get("device_nodes_missing") or ()}
    names = [f"nvidia{gpu['index']}" for gpu in record.gpus(data)]
    for name in (*names, "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"):
        path = record.DEVICES / name
        if data["faults"].get("no_device_nodes") or name in gone:
            path.unlink(missing_ok=True)
        elif not path.exists():
            # A copy of /dev/null: the real major number would reach a real GPU of the lab's own host.
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            path.chmod(0o666)


def load() -> int:
    """Load once; a loaded module stays as it is until the power goes."""
    data = record.load()
    if not data.get("gpus"):
        return 0
    if not record.LOADED.exists():
        version = on_disk()
        if version is None:
            print("nvidia-modprobe: the nvidia kernel module is not installed", file=sys.stderr)
            return 1
        record.LOADED.parent.mkdir(parents=True, exist_ok=True)
        record.LOADED.write_text(version + "\n", encoding="utf-8")
    version = record.loaded_module(data)
    if version is not None:
        _publish(data, version)
        _file_system()
        _nodes(data)
        xid.log(data)
    return 0


def refresh() -> int:
    """Show a changed record in the places above, without loading anything."""
    return load() if record.LOADED.exists() else 0


def main(arguments: list[str]) -> int:
    return refresh() if "--refresh" in arguments else load()
