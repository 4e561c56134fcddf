"""gdscheck: what GPUDirect Storage says of the driver, nvidia-fs and cufile.json.

Layout: the vendor's installation guide
(https://docs.nvidia.com/gpudirect-storage/troubleshooting-guide/index.html).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from . import record

CONFIGURATION = Path("/etc/cufile.json")
MODULE = Path("/proc/driver/nvidia-fs/version")
DRIVERS = ("NVMe P2PDMA", "NVMe", "NVMeOF", "SCSI", "NFS", "BeeGFS", "WekaFS", "Userspace RDMA")


def configuration() -> dict[str, Any]:
    """``cufile.json``; it may hold comments, whole lines only here."""
    try:
        lines = CONFIGURATION.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    found = json.loads("\n".join(line for line in lines if not line.lstrip().startswith("//")))
    return found if isinstance(found, dict) else {}


def main(arguments: list[str]) -> int:
    """``-p``: platform; ``-v``: versions only."""
    version = record.installed("gds")
    loaded = MODULE.read_text(encoding="utf-8").split(":", 1)[1].strip() if MODULE.exists() else ""
    head = f" GDS release version: {version}\n"
    head += (
        f" nvidia_fs version:  {loaded} libcufile version: 2.12\n" if loaded else " libcufile version: 2.12\n"
    )
    if "-v" in arguments:
        print(head, end="")
        return 0
    if "-p" not in arguments:
        print("usage: gdscheck.py [-h] [-p] [-v]", file=sys.stderr)
        return 2
    properties = configuration().get("properties", {})
    lines = [" ============", " ENVIRONMENT:", " ============", " ====================="]
    lines += [" DRIVER CONFIGURATION:", " ====================="]
    lines += [
        f" {name:<18} : {'Supported' if loaded and name == 'NVMe' else 'Unsupported'}" for name in DRIVERS
    ]
    lines += [" =====================", " CUFILE CONFIGURATION:", " ====================="]
    lines += [f" properties.{key} : {json.dumps(value)}" for key, value in sorted(properties.items())]
    lines += [" =========", " GPU INFO:", " ========="]
    for gpu in record.answering(record.load()):
        lines.append(f" GPU index {gpu['index']} {gpu['name']} bar:1 bar size (MiB):131072 supports GDS")
    lines += [" Nvidia Driver Info Status: Supported(Nvidia Open Driver Installed)"]
    lines += [" Platform verification succeeded" if loaded else " Platform verification failed"]
    print(head + "\n".join(lines))
    return 0 if loaded else 1
