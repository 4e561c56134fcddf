"""The hardware record: what this machine's simulated PCI bus holds, and what is broken about it.

``/run/host-hardware/record.json`` is put there by the lab. The kernel module's state is a file of ours in
``/run``: it goes away with the power, as a loaded module does.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

RECORD = Path("/run/host-hardware/record.json")
STATE = Path("/run/hardware-twin")
"""What a loaded module knows; the power takes it away."""
LOADED = STATE / "nvidia-module"
FABRIC = STATE / "fabric"
"""There since a fabric manager has configured the NVSwitches; it outlives that daemon, not the module."""
DEVICES = Path("/dev")
VERSIONS = Path("/usr/lib/hardware-twin/versions")
LIBRARIES = tuple(Path(f"/usr/lib/{arch}-linux-gnu") for arch in ("x86_64", "aarch64"))


def load() -> dict[str, Any]:
    """The record; a machine without one has no such hardware."""
    try:
        data = json.loads(RECORD.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"gpus": [], "nics": [], "faults": {}}
    if not isinstance(data, dict):
        raise SystemExit(f"{RECORD}: not a hardware record")
    data["faults"] = data.get("faults") or {}
    return data


def gpus(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The GPUs that the bus still shows."""
    gone = set(record["faults"].get("gpu_missing", ()))
    return [gpu for gpu in record.get("gpus", ()) if gpu["index"] not in gone]


def lost(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The GPUs that fell off the bus while the driver held them: known by name, they answer nothing."""
    gone = set(record["faults"].get("gpu_lost", ()))
    return [gpu for gpu in gpus(record) if gpu["index"] in gone]


def answering(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The GPUs that still answer."""
    gone = {gpu["index"] for gpu in lost(record)}
    return [gpu for gpu in gpus(record) if gpu["index"] not in gone]


def fault(record: dict[str, Any], key: str, index: int) -> Any:  # noqa: ANN401 - as the fault has it
    """What is wrong with one GPU, of the faults that are written by GPU; None where nothing is."""
    return (record["faults"].get(key) or {}).get(str(index))


def rdma(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The NIC ports with an RDMA device, by device number."""
    return sorted(
        (nic for nic in record.get("nics", ()) if nic.get("rdma")),
        key=lambda nic: int(re.sub(r"\D", "", str(nic["rdma"]).rpartition("_")[2]) or 0),
    )


def loaded_module(record: dict[str, Any]) -> str | None:
    """Version of the loaded kernel module; a fault may say that an older one is still in memory."""
    if not LOADED.exists():
        return None
    skew = record["faults"].get("version_skew") or {}
    return str(skew.get("module") or LOADED.read_text(encoding="utf-8").strip())


def installed(component: str) -> str:
    """The version that a component's package left for its commands (``/usr/lib/hardware-twin/versions``)."""
    return (VERSIONS / component).read_text(encoding="utf-8").strip()


def library(name: str) -> str | None:
    """Full version of an installed library, by the file that its soname links to."""
    for folder in LIBRARIES:
        link = folder / name
        if link.is_symlink():
            return os.readlink(link).partition(".so.")[2]
    return None


def short(version: str) -> str:
    """The two leading parts, as NVML prints itself.

    >>> short("580.159.03")
    '580.159'
    """
    return ".".join(version.split(".")[:2])
