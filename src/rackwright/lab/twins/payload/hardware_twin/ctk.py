"""nvidia-ctk: CDI specifications from the device nodes that exist at this moment.

A GPU whose node is missing now is missing from the specification until the next refresh, as on metal
(kubernetes-sigs/dra-driver-nvidia-gpu#1380).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from . import mig_state, record

FOLDERS = (Path("/etc/cdi"), Path("/var/run/cdi"))
SHARED = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")
OUTPUT = "NVIDIA_CTK_CDI_OUTPUT_FILE_PATH"


def _log(level: str, text: str) -> None:
    print(
        f'time="{time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}" level={level} msg="{text}"',
        file=sys.stderr,
    )


def main(arguments: list[str]) -> int:
    """``--version``, ``cdi generate``, ``cdi list``."""
    if "--version" in arguments or "-v" in arguments:
        print(
            f"NVIDIA Container Toolkit CLI version {record.installed('container_toolkit')}\ncommit: simulated"
        )
        return 0
    if arguments[:2] == ["cdi", "generate"]:
        return _generate(arguments)
    if arguments[:2] == ["cdi", "list"]:
        names = [
            name for folder in FOLDERS for path in sorted(folder.glob("*.yaml")) for name in _names(path)
        ]
        _log("info", f"Found {len(names)} CDI devices")
        print("\n".join(names))
        return 0
    print(f"nvidia-ctk {' '.join(arguments)} is not simulated", file=sys.stderr)
    return 2


def _generate(arguments: list[str]) -> int:
    data = record.load()
    module, library = record.loaded_module(data), record.library("libnvidia-ml.so.1")
    if module is None or module != library or data["faults"].get("no_device_nodes"):
        _log(
            "error",
            "failed to generate CDI spec: failed to create device CDI specs: failed to initialize NVML",
        )
        return 1
    text = specification(data, library)
    named = [word.partition("=")[2] for word in arguments if word.startswith("--output=")]
    named += [arguments[n + 1] for n, word in enumerate(arguments[:-1]) if word == "--output"]
    path = (named or [os.environ.get(OUTPUT, "")])[0]
    if not path:
        print(text, end="")
        return 0
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(target)
    _log("info", "Generated CDI spec with version 0.5.0")
    return 0


def specification(data: dict[str, Any], driver: str) -> str:
    """The YAML text: a device by index, one by UUID, and all."""
    here = [gpu for gpu in record.answering(data) if (record.DEVICES / f"nvidia{gpu['index']}").exists()]
    whole = [gpu for gpu in here if not mig_state.of(gpu)["mode"]]
    devices = [(str(gpu["index"]), [gpu]) for gpu in whole]
    devices += [(str(gpu["uuid"]), [gpu]) for gpu in whole]
    # A divided GPU is no device; its instances are (nvidia-container-toolkit, pkg/nvcdi).
    for gpu in here:
        for place, part in enumerate(mig_state.devices(gpu)):
            devices += [(f"{gpu['index']}:{place}", [gpu]), (str(part["uuid"]), [gpu])]
    devices += [("all", here)] if devices else []
    lines = ["---", "cdiVersion: 0.5.0", "kind: nvidia.com/gpu", "devices:"]
    for name, gpus in devices:
        lines += [f'- name: "{name}"', "  containerEdits:", "    deviceNodes:"]
        lines += [f"    - path: /dev/nvidia{gpu['index']}" for gpu in gpus]
    lines += ["containerEdits:", "  env:", "  - NVIDIA_VISIBLE_DEVICES=void", "  deviceNodes:"]
    lines += [f"  - path: /dev/{name}" for name in SHARED if (record.DEVICES / name).exists()]
    lines.append("  mounts:")
    for folder in record.LIBRARIES:
        for name in (f"libcuda.so.{driver}", f"libnvidia-ml.so.{driver}"):
            if (folder / name).exists():
                path = folder / name
                lines += [
                    f"  - hostPath: {path}",
                    f"    containerPath: {path}",
                    "    options: [ro, nosuid, nodev, bind]",
                ]
    return "\n".join(lines) + "\n"


def _names(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    kind = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("kind:")), "")
    return [
        f"{kind}={line.split(':', 1)[1].strip().strip(chr(34))}"
        for line in lines
        if line.startswith("- name:")
    ]
