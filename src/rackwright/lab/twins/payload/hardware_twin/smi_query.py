"""``nvidia-smi --query-gpu=... --format=csv``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

UNITS = {
    "memory.total": "MiB",
    "memory.used": "MiB",
    "memory.free": "MiB",
    "power.limit": "W",
    "power.draw": "W",
    "utilization.gpu": "%",
}


def persistence() -> str:
    """Enabled while the persistence daemon holds the devices."""
    return "Enabled" if Path("/run/nvidia-persistenced/socket").exists() else "Disabled"


def value(field: str, gpu: dict[str, Any], gpus: list[dict[str, Any]], version: str) -> str | None:
    """One cell; None for a field that does not exist (or is not simulated)."""
    table = {
        "index": str(gpu["index"]),
        "name": str(gpu["name"]),
        "gpu_name": str(gpu["name"]),
        "uuid": str(gpu["uuid"]),
        "gpu_uuid": str(gpu["uuid"]),
        "serial": str(gpu.get("serial") or "[N/A]"),
        "pci.bus_id": str(gpu["pci"]).upper(),
        "gpu_bus_id": str(gpu["pci"]).upper(),
        "vbios_version": str(gpu.get("vbios") or "[N/A]"),
        "driver_version": version,
        "count": str(len(gpus)),
        "memory.total": str(gpu["memory_mib"]),
        "memory.used": "0",
        "memory.free": str(gpu["memory_mib"]),
        "persistence_mode": persistence(),
        "ecc.mode.current": "Enabled",
        "mig.mode.current": "Disabled",
        "pstate": "P0",
        "temperature.gpu": "[N/A]",
        "power.draw": "[N/A]",
        "utilization.gpu": "0",
        "compute_mode": "Default",
        "retired_pages.pending": "No",
        "ecc.errors.uncorrected.volatile.total": "0",
    }
    return table.get(field)


def csv(fields: str, arguments: list[str], gpus: list[dict[str, Any]], version: str) -> int:
    """Print the rows; an unknown field is refused as the vendor's tool does."""
    names = [name.strip() for name in fields.split(",")]
    options = next((word.partition("=")[2] for word in arguments if word.startswith("--format=")), "")
    if "csv" not in options.split(","):
        print('"--format=" switch is missing. Run `nvidia-smi --help-query-gpu` for more info.')
        return 2
    wanted = [arguments[place + 1] for place, word in enumerate(arguments[:-1]) if word in {"-i", "--id"}]
    rows = []
    for gpu in gpus:
        if wanted and str(gpu["index"]) not in wanted[0].split(","):
            continue
        cells = []
        for name in names:
            cell = value(name, gpu, gpus, version)
            if cell is None:
                print(f'Field "{name}" is not a valid field to query.\n')
                return 2
            unit = UNITS.get(name, "")
            bare = "nounits" in options or not unit or cell.startswith("[")
            cells.append(cell if bare else f"{cell} {unit}")
        rows.append(", ".join(cells))
    if "noheader" not in options:
        print(
            ", ".join(
                f"{name} [{UNITS[name]}]" if name in UNITS and "nounits" not in options else name
                for name in names
            )
        )
    print("\n".join(rows))
    return 0
