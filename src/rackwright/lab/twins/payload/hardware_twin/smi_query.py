"""``nvidia-smi --query-gpu=... --format=csv`` and ``--query-remapped-rows``.

Names and units of the fields: ``nvidia-smi --help-query-gpu``
(https://docs.nvidia.com/deploy/nvidia-smi/index.html).
"""

from __future__ import annotations

from typing import Any

from . import gpu as device
from . import mig_state

UNITS = {
    "memory.total": "MiB",
    "memory.used": "MiB",
    "memory.free": "MiB",
    "power.limit": "W",
    "power.draw": "W",
    "utilization.gpu": "%",
    "utilization.memory": "%",
    "clocks.sm": "MHz",
    "clocks.mem": "MHz",
    "clocks.gr": "MHz",
    "clocks.current.sm": "MHz",
    "clocks.current.memory": "MHz",
    "clocks.max.sm": "MHz",
    "clocks.max.memory": "MHz",
}


def fields(gpu: dict[str, Any], data: dict[str, Any], version: str, count: int) -> dict[str, str]:
    """Every field that is simulated, of one GPU."""
    state, status = device.fabric(gpu)
    return {
        "index": str(gpu["index"]),
        "name": str(gpu["name"]),
        "gpu_name": str(gpu["name"]),
        "uuid": str(gpu["uuid"]),
        "gpu_uuid": str(gpu["uuid"]),
        "serial": str(gpu.get("serial") or "[N/A]"),
        "pci.bus_id": device.bus_id(gpu),
        "gpu_bus_id": device.bus_id(gpu),
        "vbios_version": str(gpu.get("vbios") or "[N/A]"),
        "driver_version": version,
        "count": str(count),
        "memory.total": str(gpu["memory_mib"]),
        "memory.used": "0",
        "memory.free": str(gpu["memory_mib"]),
        "persistence_mode": device.persistence(),
        "pstate": "P0",
        "compute_mode": "Default",
        "compute_cap": f"{mig_state.capability(gpu):.1f}",
        "accounting.mode": "Disabled",
        "mig.mode.current": device.mig(gpu),
        "mig.mode.pending": device.mig(gpu, "pending"),
        "fabric.state": state,
        "fabric.status": status,
        **_link(gpu, data),
        **_errors(gpu, data),
        **_figures(),
    }


def _link(gpu: dict[str, Any], data: dict[str, Any]) -> dict[str, str]:
    link = device.pcie(gpu, data)
    return {
        "pcie.link.gen.current": str(link["gen"]),
        "pcie.link.gen.gpucurrent": str(link["gen"]),
        "pcie.link.gen.max": str(link["gen"]),
        "pcie.link.gen.gpumax": str(link["gen_able"]),
        "pcie.link.gen.hostmax": str(link["gen"]),
        "pcie.link.width.current": str(link["width"]),
        "pcie.link.width.max": str(link["width_able"]),
    }


def _errors(gpu: dict[str, Any], data: dict[str, Any]) -> dict[str, str]:
    found = device.ecc(gpu, data)
    made = {"ecc.mode.current": "Enabled", "ecc.mode.pending": "Enabled", "retired_pages.pending": "[N/A]"}
    for kind in ("corrected", "uncorrected"):
        for scope in ("volatile", "aggregate"):
            made[f"ecc.errors.{kind}.{scope}.total"] = str(found[kind])
            made[f"ecc.errors.{kind}.{scope}.dram"] = str(found[kind])
            made[f"ecc.errors.{kind}.{scope}.sram"] = "0"
    return made


def _figures() -> dict[str, str]:
    idle = device.IDLE
    return {
        "temperature.gpu": str(idle["temperature"]),
        "temperature.memory": str(idle["memory_temperature"]),
        "power.draw": f"{idle['power']:.2f}",
        "power.limit": f"{device.POWER_LIMIT:.2f}",
        "utilization.gpu": "0",
        "utilization.memory": "0",
        "clocks.sm": str(idle["sm_clock"]),
        "clocks.gr": str(idle["sm_clock"]),
        "clocks.mem": str(idle["memory_clock"]),
        "clocks.current.sm": str(idle["sm_clock"]),
        "clocks.current.memory": str(idle["memory_clock"]),
        "clocks.max.sm": str(device.MAX_SM_CLOCK),
        "clocks.max.memory": str(device.MAX_MEMORY_CLOCK),
        "clocks_event_reasons.hw_slowdown": "Not Active",
        "clocks_event_reasons.hw_thermal_slowdown": "Not Active",
        "clocks_event_reasons.hw_power_brake_slowdown": "Not Active",
    }


def remapped(gpu: dict[str, Any], data: dict[str, Any]) -> dict[str, str]:
    """Fields of ``--query-remapped-rows``: 0 and 1 where ``-q`` says No and Yes."""
    found = device.ecc(gpu, data)
    return {
        "gpu_bus_id": device.bus_id(gpu),
        "gpu_name": str(gpu["name"]),
        "gpu_uuid": str(gpu["uuid"]),
        "remapped_rows.correctable": "0",
        "remapped_rows.uncorrectable": str(int(found["uncorrected"] > 0)),
        "remapped_rows.pending": str(found["pending"]),
        "remapped_rows.failure": str(found["failure"]),
    }


def csv(names: list[str], arguments: list[str], rows: list[dict[str, str]]) -> int:
    """Print the rows; an unknown field is refused as the vendor's tool does."""
    options = next((word.partition("=")[2] for word in arguments if word.startswith("--format=")), "")
    if "csv" not in options.split(","):
        print('"--format=" switch is missing. Run `nvidia-smi --help-query-gpu` for more info.')
        return 2
    bare = "nounits" in options
    lines = []
    for row in rows:
        cells = []
        for name in names:
            if name not in row:
                print(f'Field "{name}" is not a valid field to query.\n')
                return 2
            unit = "" if bare or row[name].startswith("[") else UNITS.get(name, "")
            cells.append(f"{row[name]} {unit}".strip())
        lines.append(", ".join(cells))
    if "noheader" not in options:
        heads = [f"{name} [{UNITS[name]}]" if name in UNITS and not bare else name for name in names]
        lines.insert(0, ", ".join(heads))
    print("\n".join(lines))
    return 0
