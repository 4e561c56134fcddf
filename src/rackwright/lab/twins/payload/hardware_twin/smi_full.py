"""``nvidia-smi -q`` and its sections (``-d``), laid out as driver 550 and later do.

Layout: a public capture of an H100 SXM, tests/unit/lab/twins/fixtures/smi-q.txt.
"""

from __future__ import annotations

import sys
from typing import Any

from . import gpu as device
from .smi_table import cuda

Lines = list[Any]
"""Values ``(name, text)`` and groups ``(name, [...])``."""
SECTIONS = ("ECC", "ROW_REMAPPER", "CLOCK", "TEMPERATURE", "POWER", "MEMORY", "PERFORMANCE", "FABRIC")
"""What ``-d`` takes. FABRIC is not among the vendor's words; it saves a script from reading everything."""
WIDTH = 42


def answer(arguments: list[str], gpus: list[dict[str, Any]], data: dict[str, Any], version: str) -> int:
    """Everything, or the named sections."""
    named = [arguments[place + 1] for place, word in enumerate(arguments[:-1]) if word in {"-d", "--display"}]
    wanted = set(",".join(named).split(",")) if named else None
    if wanted is not None and wanted - set(SECTIONS):
        print(f"Invalid argument: -d {','.join(sorted(wanted))} is not simulated", file=sys.stderr)
        return 2
    lines = ["", "==============NVSMI LOG==============", ""]
    lines += [f"{'Driver Version':<{WIDTH}}: {version}", f"{'CUDA Version':<{WIDTH}}: {cuda(version)}", ""]
    lines += [f"{'Attached GPUs':<{WIDTH}}: {len(gpus)}"]
    for gpu in gpus:
        lines.append(f"GPU {device.bus_id(gpu)}")
        for section, content in _sections(gpu, data).items():
            if wanted is None or section in wanted:
                lines += _laid_out(content, 1)
    print("\n".join([*lines, ""]))
    return 0


def _laid_out(content: Lines, depth: int) -> list[str]:
    """Names are indented; the colon stays put."""
    lines: list[str] = []
    for name, value in content:
        head = "    " * depth + name
        if isinstance(value, str):
            lines.append(f"{head:<{WIDTH}}: {value}")
        else:
            lines += [head, *_laid_out(value, depth + 1)]
    return lines


def _sections(gpu: dict[str, Any], data: dict[str, Any]) -> dict[str, Lines]:
    state, status = device.fabric(gpu)
    return {
        "": _identity(gpu, data),
        "MEMORY": _memory(gpu),
        "ECC": _ecc(gpu, data),
        "ROW_REMAPPER": _rows(gpu, data),
        "TEMPERATURE": [("Temperature", [("GPU Current Temp", f"{device.IDLE['temperature']} C")])],
        "POWER": _power(),
        "CLOCK": _clocks(),
        "FABRIC": [("Fabric", [("State", state), ("Status", status)])],
    }


def _identity(gpu: dict[str, Any], data: dict[str, Any]) -> Lines:
    link = device.pcie(gpu, data)
    mode = device.mig(gpu)
    return [
        ("Product Name", str(gpu["name"])),
        ("Persistence Mode", device.persistence()),
        ("MIG Mode", [("Current", mode), ("Pending", device.mig(gpu, "pending"))]),
        ("Serial Number", str(gpu.get("serial") or "N/A")),
        ("GPU UUID", str(gpu["uuid"])),
        ("Minor Number", str(gpu["index"])),
        ("VBIOS Version", str(gpu.get("vbios") or "N/A")),
        (
            "PCI",
            [
                ("Bus Id", device.bus_id(gpu)),
                (
                    "GPU Link Info",
                    [
                        (
                            "PCIe Generation",
                            [
                                ("Max", str(link["gen"])),
                                ("Current", str(link["gen"])),
                                ("Device Current", str(link["gen"])),
                                ("Device Max", str(link["gen_able"])),
                                ("Host Max", str(link["gen"])),
                            ],
                        ),
                        (
                            "Link Width",
                            [("Max", f"{link['width_able']}x"), ("Current", f"{link['width']}x")],
                        ),
                    ],
                ),
            ],
        ),
        ("Performance State", "P0"),
        ("Compute Mode", "Default"),
    ]


def _memory(gpu: dict[str, Any]) -> Lines:
    size = f"{gpu['memory_mib']} MiB"
    return [("FB Memory Usage", [("Total", size), ("Used", "0 MiB"), ("Free", size)])]


def _ecc(gpu: dict[str, Any], data: dict[str, Any]) -> Lines:
    found = device.ecc(gpu, data)
    counts: Lines = [
        ("SRAM Correctable", "0"),
        ("SRAM Uncorrectable Parity", "0"),
        ("SRAM Uncorrectable SEC-DED", "0"),
        ("DRAM Correctable", str(found["corrected"])),
        ("DRAM Uncorrectable", str(found["uncorrected"])),
    ]
    return [
        ("ECC Mode", [("Current", "Enabled"), ("Pending", "Enabled")]),
        ("ECC Errors", [("Volatile", counts), ("Aggregate", counts)]),
    ]


def _rows(gpu: dict[str, Any], data: dict[str, Any]) -> Lines:
    found = device.ecc(gpu, data)
    said = ("No", "Yes")
    return [
        (
            "Remapped Rows",
            [
                ("Correctable Error", "0"),
                ("Uncorrectable Error", str(int(found["uncorrected"] > 0))),
                ("Pending", said[found["pending"]]),
                ("Remapping Failure Occurred", said[found["failure"]]),
            ],
        )
    ]


def _power() -> Lines:
    limit = f"{device.POWER_LIMIT:.2f} W"
    draw = f"{device.IDLE['power']:.2f} W"
    return [("GPU Power Readings", [("Power Draw", draw), ("Current Power Limit", limit)])]


def _clocks() -> Lines:
    sm, memory = f"{device.IDLE['sm_clock']} MHz", f"{device.IDLE['memory_clock']} MHz"
    top, most = f"{device.MAX_SM_CLOCK} MHz", f"{device.MAX_MEMORY_CLOCK} MHz"
    return [
        ("Clocks", [("Graphics", sm), ("SM", sm), ("Memory", memory)]),
        ("Max Clocks", [("Graphics", top), ("SM", top), ("Memory", most)]),
    ]
