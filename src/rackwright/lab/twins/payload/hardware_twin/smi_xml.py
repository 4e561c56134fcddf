"""``nvidia-smi -q -x``: the parts that scripts read; a comment says that it is simulated."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from . import gpu as device
from .smi_table import cuda


def document(gpus: list[dict[str, Any]], data: dict[str, Any], version: str) -> str:
    """One ``gpu`` element each."""
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
        lines += [f'\t<gpu id="{device.bus_id(gpu)}">', *_laid_out(_tree(gpu, data), 2), "\t</gpu>"]
    return "\n".join([*lines, "</nvidia_smi_log>"])


def _laid_out(tree: list[Any], depth: int) -> list[str]:
    lines = []
    for name, value in tree:
        pad = "\t" * depth
        if isinstance(value, str):
            lines.append(f"{pad}<{name}>{escape(value)}</{name}>")
        else:
            lines += [f"{pad}<{name}>", *_laid_out(value, depth + 1), f"{pad}</{name}>"]
    return lines


def _tree(gpu: dict[str, Any], data: dict[str, Any]) -> list[Any]:
    link, found, mode = device.pcie(gpu, data), device.ecc(gpu, data), device.mig(gpu)
    state, status = device.fabric(gpu)
    counts = [
        ("sram_correctable", "0"),
        ("sram_uncorrectable_parity", "0"),
        ("sram_uncorrectable_secded", "0"),
        ("dram_correctable", str(found["corrected"])),
        ("dram_uncorrectable", str(found["uncorrected"])),
    ]
    said = ("No", "Yes")
    return [
        ("product_name", str(gpu["name"])),
        ("persistence_mode", device.persistence()),
        ("mig_mode", [("current_mig", mode), ("pending_mig", device.mig(gpu, "pending"))]),
        ("serial", str(gpu.get("serial") or "N/A")),
        ("uuid", str(gpu["uuid"])),
        ("minor_number", str(gpu["index"])),
        ("vbios_version", str(gpu.get("vbios") or "N/A")),
        (
            "pci",
            [
                ("pci_bus_id", device.bus_id(gpu)),
                (
                    "pci_gpu_link_info",
                    [
                        (
                            "pcie_gen",
                            [
                                ("max_link_gen", str(link["gen"])),
                                ("current_link_gen", str(link["gen"])),
                                ("max_device_link_gen", str(link["gen_able"])),
                            ],
                        ),
                        (
                            "link_widths",
                            [
                                ("max_link_width", f"{link['width_able']}x"),
                                ("current_link_width", f"{link['width']}x"),
                            ],
                        ),
                    ],
                ),
            ],
        ),
        ("fb_memory_usage", [("total", f"{gpu['memory_mib']} MiB"), ("used", "0 MiB")]),
        ("ecc_mode", [("current_ecc", "Enabled"), ("pending_ecc", "Enabled")]),
        ("ecc_errors", [("volatile", counts), ("aggregate", counts)]),
        (
            "remapped_rows",
            [
                ("remapped_row_corr", "0"),
                ("remapped_row_unc", str(int(found["uncorrected"] > 0))),
                ("remapped_row_pending", said[found["pending"]]),
                ("remapped_row_failure", said[found["failure"]]),
            ],
        ),
        ("fabric", [("state", state), ("status", status)]),
    ]
