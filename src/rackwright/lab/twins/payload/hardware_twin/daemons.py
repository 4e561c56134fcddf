"""nvidia-persistenced and nv-fabricmanager: they start only where the real ones would."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from . import gpu as device
from . import record
from .daemon import mark, stay

FABRIC_MANAGER = Path("/usr/share/nvidia/nvswitch/VERSION")
CONFIGURATION = Path("/usr/share/nvidia/nvswitch/fabricmanager.cfg")
SOCKET = Path("/run/nvidia-fabricmanager/socket")
LOG = Path("/var/log/fabricmanager.log")
DONE = "Successfully configured all the available GPUs and NVSwitches to route NVLink traffic."


def persistenced(arguments: list[str]) -> int:
    """Refuses without a loaded module of the library's version, or without device nodes."""
    library = record.library("libnvidia-ml.so.1")
    if "--version" in arguments or "-v" in arguments:
        print(f"nvidia-persistenced:  version {library}")
        return 0
    data = record.load()
    module = record.loaded_module(data)
    if module is None or module != library or data["faults"].get("no_device_nodes"):
        print("nvidia-persistenced failed to initialize. Check syslog for more details.", file=sys.stderr)
        return 1
    device.PERSISTENCE.touch()
    return stay()


def settings(path: Path) -> dict[str, str]:
    """``KEY=value`` lines of a configuration file; no file, no settings."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def fabricmanager(arguments: list[str]) -> int:
    """Refuses a driver of another version, and a machine without NVLink."""
    data = record.load()
    own = str(data["faults"].get("fm_version") or FABRIC_MANAGER.read_text(encoding="utf-8").strip())
    if "--version" in arguments or "-v" in arguments:
        print(f"Fabric Manager version is : {own}")
        return 0
    where = arguments[arguments.index("-c") + 1] if "-c" in arguments[:-1] else str(CONFIGURATION)
    log = Path(settings(Path(where)).get("LOG_FILE_NAME") or LOG)
    wrong = _refusal(own, data)
    _write(log, "ERROR" if wrong else "INFO", wrong or DONE)
    if wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(DONE)
    record.FABRIC.parent.mkdir(parents=True, exist_ok=True)
    record.FABRIC.touch()
    mark(SOCKET)
    return stay()


def _refusal(own: str, data: dict[str, Any]) -> str:
    module = record.loaded_module(data)
    if module != own:
        return (
            f"fabric manager NVIDIA GPU driver interface version {own} don't match with driver version "
            f"{module}. Please update with matching NVIDIA driver package."
        )
    if not any(gpu.get("nvlinks") for gpu in record.gpus(data)):
        return (
            "request to query NVSwitch device information from NVSwitch driver failed with error:"
            "WARNING Nothing to do [NV_WARN_NOTHING_TO_DO]"
        )
    return ""


def _write(log: Path, level: str, text: str) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"[{time.strftime('%b %d %Y %H:%M:%S')}] [{level}] [tid 1] {text}\n")
