"""What one GPU would say of itself: the record, what is broken about it, and idle figures.

Idle figures are those of a public ``nvidia-smi -q`` of an idle H100 SXM (PrincetonUniversity/gpu_computing).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import mig_state, record

IDLE = {"temperature": 33, "memory_temperature": 41, "power": 72.02, "sm_clock": 345, "memory_clock": 2619}
MAX_SM_CLOCK, MAX_MEMORY_CLOCK, POWER_LIMIT = 1980, 2619, 700.0
PERSISTENCE = Path("/run/nvidia-persistenced/socket")


def bus_id(gpu: dict[str, Any]) -> str:
    """The address as NVML writes it.

    >>> bus_id({"pci": "0000:1b:00.0"})
    '00000000:1B:00.0'
    """
    domain, _, rest = str(gpu["pci"]).partition(":")
    return f"{int(domain, 16):08X}:{rest.upper()}"


def kernel_id(gpu: dict[str, Any]) -> str:
    """The address as the kernel writes it.

    >>> kernel_id({"pci": "00000000:1B:00.0"})
    '0000:1b:00.0'
    """
    return bus_id(gpu)[4:].lower()


def persistence() -> str:
    """Enabled while the persistence daemon holds the devices."""
    return "Enabled" if PERSISTENCE.exists() else "Disabled"


def pcie(gpu: dict[str, Any], data: dict[str, Any]) -> dict[str, int]:
    """Link: what the GPU could do, what it got. A slot may limit the generation, a bad contact the width."""
    able = gpu.get("pcie") or {"gen": 5, "width": 16}
    got = {**able, **(record.fault(data, "pcie", gpu["index"]) or {})}
    return {"gen": got["gen"], "gen_able": able["gen"], "width": got["width"], "width_able": able["width"]}


def ecc(gpu: dict[str, Any], data: dict[str, Any]) -> dict[str, int]:
    """Errors since the driver was loaded, and remapped rows."""
    wrong = record.fault(data, "ecc", gpu["index"]) or {}
    return {
        "corrected": int(wrong.get("corrected", 0)),
        "uncorrected": int(wrong.get("uncorrected", 0)),
        "pending": int(bool(wrong.get("remap_pending"))),
        "failure": int(bool(wrong.get("remap_failed"))),
    }


def links(gpu: dict[str, Any], data: dict[str, Any]) -> list[float | None]:
    """Speed of each NVLink in GB/s; None: inactive."""
    built = gpu.get("nvlinks") or {"count": 0, "gbps": 0.0}
    down = set(record.fault(data, "nvlink_down", gpu["index"]) or ())
    return [None if link in down else float(built["gbps"]) for link in range(int(built["count"]))]


def mig(gpu: dict[str, Any], when: str = "mode") -> str:
    """Whether the GPU is split; ``pending``: whether it will be after a reset."""
    return "Enabled" if mig_state.of(gpu)[when] else "Disabled"


def fabric(gpu: dict[str, Any]) -> tuple[str, str]:
    """State and status of the registration with the fabric manager; a GPU without NVLink has none."""
    if not gpu.get("nvlinks"):
        return "N/A", "N/A"
    return ("Completed", "Success") if record.FABRIC.exists() else ("In Progress", "N/A")


def handle_error(gpu: dict[str, Any]) -> str:
    """How the vendor's tool says that a GPU cannot be opened any more."""
    return (
        f"Unable to determine the device handle for GPU{gpu['index']}: {bus_id(gpu)}: GPU is lost.  "
        "Reboot the system to recover this GPU"
    )
