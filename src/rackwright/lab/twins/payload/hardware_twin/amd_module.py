"""amdgpu at boot: "load" the kernel module, show its version and make its device nodes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from . import record, sysmodule

LOADED = Path("/run/hardware-twin/amdgpu-module")
FIRST_RENDER = 128
"""Minor number of the first render node: Linux, drivers/gpu/drm/drm_drv.c."""


def loaded() -> str | None:
    """Version of the module in memory; a fault may say that an older one is still there."""
    if not LOADED.exists():
        return None
    skew = record.load()["faults"].get("version_skew") or {}
    return str(skew.get("module") or LOADED.read_text(encoding="utf-8").strip())


def _node(path: Path, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # A copy of /dev/null: the real major number would reach a real GPU of the lab's own host.
        os.mknod(path, mode | stat.S_IFCHR, os.makedev(1, 3))
        path.chmod(mode)


def main(arguments: list[str]) -> int:
    """Load once; a loaded module stays as it is until the power goes."""
    del arguments
    data = record.load()
    found = record.gpus(data)
    if not found:
        return 0
    if not LOADED.exists():
        command = ["/sbin/modinfo", "-F", "version", "amdgpu"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - constants
        if not done.stdout.strip():
            print("amdgpu-load: the amdgpu kernel module is not installed", file=sys.stderr)
            return 1
        LOADED.parent.mkdir(parents=True, exist_ok=True)
        LOADED.write_text(done.stdout.strip() + "\n", encoding="utf-8")
    sysmodule.show("amdgpu", {"version": str(loaded())})
    if data["faults"].get("no_device_nodes"):
        return 0
    _node(Path("/dev/kfd"), 0o666)
    for index in range(len(found)):
        _node(Path(f"/dev/dri/card{index}"), 0o660)
    nodes(len(found))
    return 0


def nodes(count: int) -> None:
    """A render node for each GPU, or for each partition; those of partitions that are gone go."""
    for number in range(count):
        _node(Path(f"/dev/dri/renderD{FIRST_RENDER + number}"), 0o666)
    for path in Path("/dev/dri").glob("renderD*"):
        if int(path.name.removeprefix("renderD")) >= FIRST_RENDER + count:
            path.unlink(missing_ok=True)
