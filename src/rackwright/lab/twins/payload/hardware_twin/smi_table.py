"""``nvidia-smi`` for people: the default table, ``-q`` and ``-q -x``."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from .smi_query import persistence

WIDTH = 89


def cuda(version: str) -> str:
    """The CUDA release that a driver branch speaks (580: 13.0).

    >>> cuda("580.159.03"), cuda("550.1.1")
    ('13.0', 'N/A')
    """
    return {"570": "12.8", "575": "12.9", "580": "13.0", "590": "13.1"}.get(version.split(".")[0], "N/A")


def _line(*cells: tuple[str, int]) -> str:
    return "|" + "|".join(f" {text}".ljust(width)[:width] for text, width in cells) + "|"


def table(gpus: list[dict[str, Any]], version: str) -> str:
    """The default table; figures that a record cannot know are N/A."""
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
    for gpu in gpus:
        mode = "On" if persistence() == "Enabled" else "Off"
        lines += [
            _line(
                (f"{gpu['index']:>3}  {gpu['name']:<26}{mode:>6}", 41),
                (f"{str(gpu['pci']).upper():<16} Off", 24),
                ("                   0", 22),
            ),
            _line(
                ("N/A   N/A    P0             N/A /  N/A", 41),
                (f"      0MiB / {gpu['memory_mib']:>6}MiB", 24),
                ("     0%      Default", 22),
            ),
            rule.replace("|", "+"),
        ]
    lines += ["", bar, "| Processes:".ljust(90) + "|", "|  No running processes found".ljust(90) + "|", bar]
    return "\n".join(lines)


def query(gpus: list[dict[str, Any]], version: str) -> str:
    """``-q``, the parts that scripts look for."""
    lines = ["", "==============NVSMI LOG==============", ""]
    lines += [f"Driver Version                            : {version}"]
    lines += [f"CUDA Version                              : {cuda(version)}"]
    lines += [f"Attached GPUs                             : {len(gpus)}"]
    for gpu in gpus:
        lines += [
            f"GPU {str(gpu['pci']).upper()}",
            f"    Product Name                          : {gpu['name']}",
            f"    Persistence Mode                      : {persistence()}",
            f"    Serial Number                         : {gpu.get('serial') or 'N/A'}",
            f"    GPU UUID                              : {gpu['uuid']}",
            f"    VBIOS Version                         : {gpu.get('vbios') or 'N/A'}",
            "    Fabric",
            "        State                             : Completed",
            "        Status                            : Success",
        ]
    return "\n".join(lines)


def xml(gpus: list[dict[str, Any]], version: str) -> str:
    """``-q -x``, the same parts; the comment says what it is."""
    lines = [
        '<?xml version="1.0" ?>',
        '<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">',
        "<!-- simulated: answered from a hardware record -->",
        "<nvidia_smi_log>",
        f"\t<driver_version>{escape(version)}</driver_version>",
        f"\t<cuda_version>{cuda(version)}</cuda_version>",
        f"\t<attached_gpus>{len(gpus)}</attached_gpus>",
    ]
    for gpu in gpus:
        lines += [
            f'\t<gpu id="{escape(str(gpu["pci"]).upper())}">',
            f"\t\t<product_name>{escape(str(gpu['name']))}</product_name>",
            f"\t\t<persistence_mode>{persistence()}</persistence_mode>",
            f"\t\t<serial>{escape(str(gpu.get('serial') or 'N/A'))}</serial>",
            f"\t\t<uuid>{escape(str(gpu['uuid']))}</uuid>",
            f"\t\t<minor_number>{gpu['index']}</minor_number>",
            f"\t\t<vbios_version>{escape(str(gpu.get('vbios') or 'N/A'))}</vbios_version>",
            "\t\t<fb_memory_usage>",
            f"\t\t\t<total>{gpu['memory_mib']} MiB</total>",
            "\t\t</fb_memory_usage>",
            "\t</gpu>",
        ]
    return "\n".join([*lines, "</nvidia_smi_log>"])
