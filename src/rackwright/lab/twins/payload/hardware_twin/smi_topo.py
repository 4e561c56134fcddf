"""``nvidia-smi topo -m``: NVLink between all GPUs; a NIC is near the GPU whose PCIe root it shares."""

from __future__ import annotations

from typing import Any

NVLINKS = "NV18"


def _near(gpu: dict[str, Any], nic: dict[str, Any], pairs: dict[str, int]) -> str:
    roots = [device.get("pcie_root") for device in (gpu, nic)]
    near = roots[0] == roots[1] if all(roots) else pairs.get(str(nic["rdma"])) == gpu["index"]
    if near:
        return "PXB"
    same = nic.get("numa") is not None and nic.get("numa") == gpu.get("numa")
    return "NODE" if same else "SYS"


def matrix(gpus: list[dict[str, Any]], nics: list[dict[str, Any]]) -> str:
    """Tab-separated, with the legend that the vendor's tool ends with."""
    compute = [nic for nic in nics if nic.get("plane") == "compute" or nic.get("rail") is not None]
    pairs = {
        str(nic["rdma"]): int(nic.get("gpu", nic.get("rail", place)))
        for place, nic in enumerate(sorted(compute, key=lambda nic: str(nic.get("pci"))))
    }
    names = [f"GPU{gpu['index']}" for gpu in gpus] + [f"NIC{place}" for place in range(len(nics))]
    lines = ["\t" + "\t".join([*names, "CPU Affinity", "NUMA Affinity", "GPU NUMA ID"])]
    for gpu in gpus:
        cells = ["X" if other is gpu else NVLINKS for other in gpus]
        cells += [_near(gpu, nic, pairs) for nic in nics]
        lines.append("\t".join([f"GPU{gpu['index']}", *cells, "", str(gpu.get("numa", "N/A")), "N/A"]))
    for place, nic in enumerate(nics):
        cells = [_near(gpu, nic, pairs) for gpu in gpus]
        for other in nics:
            same = nic.get("numa") is not None and nic.get("numa") == other.get("numa")
            cells.append("X" if other is nic else "NODE" if same else "SYS")
        lines.append("\t".join([f"NIC{place}", *cells]))
    legend = [
        "",
        "Legend:",
        "",
        "  X    = Self",
        "  SYS  = Connection traversing PCIe as well as the SMP interconnect",
    ]
    legend += [
        "  NODE = Connection traversing PCIe within a NUMA node",
        "  PXB  = Connection traversing PCIe bridges",
    ]
    legend += ["  NV#  = Connection traversing a bonded set of # NVLinks", "", "NIC Legend:", ""]
    legend += [f"  NIC{place}: {nic['rdma']}" for place, nic in enumerate(nics)]
    return "\n".join([*lines, *legend])
