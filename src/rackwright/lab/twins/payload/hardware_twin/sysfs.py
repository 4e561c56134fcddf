"""The NICs' driver at boot: shows RDMA devices and their settings where the kernel's drivers show them.

A container cannot load a driver, and its sysfs is read-only. Read-only overlays add what is missing beside
what the kernel has (``/sys/class/infiniband``, ``/sys/class/net/<port>/{device,ecn}``,
``/sys/kernel/config``); behind them are files in ``/run``, gone with the power. A port that was made anew, by
its number, gets new files.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from . import nics, record, sysfs_files

ROOT = Path("/run/hardware-twin/sys")
PORTS = Path("/run/hardware-twin/ports")
"""The number of each port whose files are there, one file a port."""


def _mount(*words: str) -> None:
    subprocess.run(["/bin/mount", *words], timeout=20, check=True)  # noqa: S603 - our own words


def _umount(place: str) -> None:
    subprocess.run(["/bin/umount", "--lazy", place], timeout=20, check=True)  # noqa: S603 - our own


def _overlay(added: Path, place: str) -> None:
    """Show a folder's entries in a folder of the kernel's, which stays read-only."""
    _mount("-t", "overlay", "-o", f"ro,lowerdir={added}:{place}", "overlay", place)


def _write(folder: Path, files: dict[str, str], keep: bool = False) -> None:
    """Files by path; ``keep``: those that are there hold what somebody has set."""
    for name, text in files.items():
        path = folder / name
        if keep and path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != f"{text}\n":
            path.write_text(f"{text}\n", encoding="utf-8")


def _link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink():
        path.symlink_to(target)


def _classes() -> None:
    """The folders that this kernel lacks, once."""
    for name in ("infiniband", "config/rdma_cm", "debug"):
        (ROOT / name).mkdir(parents=True, exist_ok=True)
    if not Path("/sys/class/infiniband").exists():
        (ROOT / "class/infiniband").mkdir(parents=True, exist_ok=True)
        # An overlay does not follow what comes and goes below it: ports stay the kernel's own to show.
        (ROOT / "net-class").mkdir(exist_ok=True)
        _mount("--bind", "/sys/class/net", str(ROOT / "net-class"))
        _overlay(ROOT / "class", "/sys/class")
        _mount("--bind", str(ROOT / "net-class"), "/sys/class/net")
        _umount(str(ROOT / "net-class"))
    if not Path("/sys/kernel/config").exists():
        (ROOT / "kernel/config").mkdir(parents=True, exist_ok=True)
        _overlay(ROOT / "kernel", "/sys/kernel")
    mounted = Path("/proc/self/mounts").read_text(encoding="utf-8")
    for name, place in (
        ("infiniband", "/sys/class/infiniband"),
        ("config", "/sys/kernel/config"),
        ("debug", "/sys/kernel/debug"),
    ):
        if f" {place} " not in mounted:
            _mount("--bind", str(ROOT / name), place)


def _away() -> None:
    """Take away what was shown over ports that are gone: it would hide a new port of that name."""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        kind, place = line.split()[:2]
        ours = kind == "overlay" and place.startswith("/sys/devices/")
        if ours and not os.access(f"{place}/ifindex", os.R_OK):
            _umount(place)


def _begin(nic: dict[str, Any]) -> None:
    """A port that has just appeared: settings as its driver begins."""
    device, name = str(nic["rdma"]), str(nic["name"])
    pci = sysfs_files.address(nic)
    # Files are replaced, folders stay: a bind or an overlay shows the folder that it was given.
    for folder in (ROOT / "net" / name, ROOT / "debug/mlx5" / pci, ROOT / "infiniband" / device / "tc"):
        shutil.rmtree(folder, ignore_errors=True)
    _write(ROOT / "net" / name, sysfs_files.ecn(nic))
    _write(ROOT / "infiniband" / device, sysfs_files.marking(nic))
    _write(ROOT / "config/rdma_cm" / device, sysfs_files.connections())
    _write(ROOT / "debug/mlx5" / pci, sysfs_files.congestion(nic))
    _link(ROOT / "infiniband" / device / "device", ROOT / "pci" / pci)
    _link(ROOT / "interface" / name / "device", ROOT / "pci" / pci)
    _link(ROOT / "interface" / name / "ecn", ROOT / "net" / name / "ecn")
    for kind, each in (("net", name), ("infiniband", device)):
        (ROOT / "pci" / pci / kind / each).mkdir(parents=True, exist_ok=True)
    place = os.path.realpath(nics.NET / name)
    if not (Path(place) / "device").exists():
        _overlay(ROOT / "interface" / name, place)


def _show(data: dict[str, Any], nic: dict[str, Any]) -> None:
    """What the port says of itself now."""
    _write(ROOT / "infiniband" / str(nic["rdma"]), sysfs_files.device(data, nic))
    _write(ROOT / "pci" / sysfs_files.address(nic), sysfs_files.slot(data, nic))


def main(arguments: list[str]) -> int:
    """Show every port of the record that the kernel has."""
    del arguments
    data = record.load()
    if not record.rdma(data):
        return 0
    PORTS.mkdir(parents=True, exist_ok=True)
    with (PORTS / ".lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _classes()
        _away()
        for nic in nics.present(data):
            number = str(nics.index(nic))
            mark = PORTS / str(nic["name"])
            if not mark.exists() or mark.read_text(encoding="utf-8") != number:
                nics.reset(data, nic)
                _begin(nic)
                mark.write_text(number, encoding="utf-8")
            _show(data, nic)
    return 0
