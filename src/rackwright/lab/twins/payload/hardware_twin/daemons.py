"""nvidia-persistenced and nv-fabricmanager: they start only where the real ones would."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import record

FABRIC_MANAGER = Path("/usr/share/nvidia/nvswitch/VERSION")


def _stay() -> int:
    """Hold a process, as a daemon does, in the smallest program there is."""
    os.execv("/bin/sleep", ["/bin/sleep", "infinity"])  # noqa: S606 - a shell would be one process more


def persistenced(arguments: list[str]) -> int:
    """Refuses without a loaded module of the library's version."""
    library = record.library("libnvidia-ml.so.1")
    if "--version" in arguments or "-v" in arguments:
        print(f"nvidia-persistenced:  version {library}")
        return 0
    module = record.loaded_module(record.load())
    if module is None or module != library:
        print("nvidia-persistenced failed to initialize. Check syslog for more details.", file=sys.stderr)
        return 1
    Path("/run/nvidia-persistenced/socket").touch()
    return _stay()


def fabricmanager(arguments: list[str]) -> int:
    """Refuses a driver of another version."""
    data = record.load()
    own = str(data["faults"].get("fm_version") or FABRIC_MANAGER.read_text(encoding="utf-8").strip())
    if "--version" in arguments or "-v" in arguments:
        print(f"Fabric Manager version is : {own}")
        return 0
    module = record.loaded_module(data)
    if module != own:
        print(
            f"fabric manager NVIDIA GPU driver interface version {own} don't match with driver version "
            f"{module}. Please update with matching NVIDIA driver package.",
            file=sys.stderr,
        )
        return 1
    return _stay()
