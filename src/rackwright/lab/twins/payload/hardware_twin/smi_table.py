"""``nvidia-smi`` for people: the default table."""

from __future__ import annotations

from typing import Any

from . import gpu as device

WIDTH = 89


def cuda(version: str) -> str:
    """The CUDA release that a driver branch speaks (580: 13.0).

    >>> cuda("580.159.03"), cuda("550.1.1")
    ('13.0', 'N/A')
    """
    return {"570": "12.8", "575": "12.9", "580": "13.0", "590": "13.1"}.get(version.split(".")[0], "N/A")


def _line(*cells: tuple[str, int]) -> str:
    return "|" + "|".join(f" {text}".ljust(width)[:width] for text, width in cells) + "|"


def table(gpus: list[dict[str, Any]], data: dict[str, Any], version: str) -> str:
    """The default table."""
    bar = "+" + "-" * 89 + "+"
    rule = "|" + "+".join("-" * width for width in (41, 24, 22)) + "|"
    head = (
        f"NVIDIA-SMI {version}".ljust(34)
        + f" Driver Version: {version}".ljust(30)
        + f" CUDA Version: {cuda(version)}"
    )
    lines = [bar, "| " + head.ljust(87) + " |", rule]
    lines += [
        _line(
            ("GPU  Name                 Persistence-M", 41),
            ("Bus-Id          Disp.A", 24),
            ("Volatile Uncorr. ECC", 22),
        ),
        _line(
            ("Fan  Temp   Perf          Pwr:Usage/Cap", 41),
            ("          Memory-Usage", 24),
            ("GPU-Util  Compute M.", 22),
        ),
        "|" + "+".join("=" * width for width in (41, 24, 22)) + "|",
    ]
    idle = device.IDLE
    power = f"{idle['power']:.0f}W / {device.POWER_LIMIT:.0f}W"
    for gpu in gpus:
        mode = "On" if device.persistence() == "Enabled" else "Off"
        lines += [
            _line(
                (f"{gpu['index']:>3}  {gpu['name']:<26}{mode:>6}", 41),
                (f"{device.bus_id(gpu):<16} Off", 24),
                (f"{device.ecc(gpu, data)['uncorrected']:>20}", 22),
            ),
            _line(
                (f"N/A   {idle['temperature']}C    P0   {power:>14}", 41),
                (f"      0MiB / {gpu['memory_mib']:>6}MiB", 24),
                ("     0%      Default", 22),
            ),
            rule.replace("|", "+"),
        ]
    lines += ["", bar, "| Processes:".ljust(90) + "|", "|  No running processes found".ljust(90) + "|", bar]
    return "\n".join(lines)
