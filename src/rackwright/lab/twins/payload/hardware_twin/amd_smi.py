"""amd-smi and rocm-smi: version, list, static and metric, in AMD's own keys.

Forms follow https://rocm.docs.amd.com/projects/amdsmi/en/latest/how-to/amdsmi-cli-tool.html
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from . import amd_module, amd_partition, record

ROCM = Path("/opt/rocm/.info/version")
TOOL = Path("/opt/rocm/share/amd_smi/version")
NOT_LOADED = "AMDSMI has failed: the amdgpu driver is not loaded (AMDSMI_STATUS_DRIVER_NOT_LOADED)"
WATTS = 750
"""Board power of an MI300X OAM: https://www.amd.com/en/products/accelerators/instinct/mi300/mi300x.html"""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return "N/A"


def main(arguments: list[str]) -> int:
    words = [word for word in arguments if not word.startswith("-")]
    verb = words[0] if words else "help"
    module = amd_module.loaded()
    if verb == "version":
        return _version(arguments, module or "N/A")
    if module is None:
        print(NOT_LOADED, file=sys.stderr)
        return 34
    if verb == "set":
        return amd_partition.set_modes(arguments, record.load())
    if verb == "static" and "--partition" in arguments:
        return _partitions(arguments, record.load())
    views = {"list": _listed, "static": _static, "metric": _metric}
    if verb not in views:
        print(
            f"amd-smi: '{verb}' is not simulated; there are version, set, {', '.join(views)}", file=sys.stderr
        )
        return 2
    data = record.load()
    answer = [{"gpu": gpu["index"], **views[verb](data, gpu, module)} for gpu in record.gpus(data)]
    if "--json" in arguments:
        whole: Any = {"gpu_data": answer} if verb in ("static", "metric") else answer
        print(json.dumps(whole, indent=4))
        return 0
    for one in answer:
        print(_tree({key.upper(): value for key, value in one.items()}, 0))
    return 0


def _partitions(arguments: list[str], data: dict[str, Any]) -> int:
    answer = amd_partition.rows(data)
    if "--json" in arguments:
        print(json.dumps({"gpu_data": answer}, indent=4))
        return 0
    for one in answer:
        print(_tree({key.upper(): value for key, value in one.items()}, 0))
    return 0


def _version(arguments: list[str], module: str) -> int:
    tool, rocm = _text(TOOL), _text(ROCM)
    if "--json" in arguments:
        row = {"tool": "AMDSMI Tool", "version": tool, "amdsmi_library_version": tool, "rocm_version": rocm}
        print(json.dumps([{**row, "amdgpu_version": module, "amd_hsmp_driver_version": "N/A"}], indent=4))
        return 0
    print(
        f"AMDSMI Tool: {tool} | AMDSMI Library version: {tool} | ROCm version: {rocm} | "
        f"amdgpu version: {module} | amd_hsmp version: N/A"
    )
    return 0


def _listed(data: dict[str, Any], gpu: dict[str, Any], module: str) -> dict[str, Any]:
    del data, module
    return {"bdf": gpu["pci"], "uuid": str(gpu["uuid"]).removeprefix("GPU-"), "kfd_id": 1000 + gpu["index"]}


def _static(data: dict[str, Any], gpu: dict[str, Any], module: str) -> dict[str, Any]:
    del data
    return {
        "asic": {"market_name": gpu["name"], "vendor_id": "0x1002", "asic_serial": str(gpu["serial"])},
        "bus": {"bdf": gpu["pci"], "max_pcie_width": 16, "max_pcie_speed": {"value": 32, "unit": "GT/s"}},
        "vbios": {"version": gpu["vbios"]},
        "driver": {"name": "amdgpu", "version": module},
        "vram": {"type": "HBM", "size": {"value": gpu["memory_mib"], "unit": "MB"}},
        "numa": {"node": gpu["numa"], "affinity": gpu["numa"]},
    }


def _metric(data: dict[str, Any], gpu: dict[str, Any], module: str) -> dict[str, Any]:
    del module
    key = str(gpu["index"])
    ecc = (data["faults"].get("ecc") or {}).get(key) or {}
    pcie = {"gen": 5, "width": 16, **((data["faults"].get("pcie") or {}).get(key) or {})}
    speed = {3: 8, 4: 16, 5: 32}.get(int(pcie["gen"]), 32)
    return {
        "power": {"socket_power": {"value": WATTS // 5, "unit": "W"}},
        "temperature": {"hotspot": {"value": 40, "unit": "C"}},
        "pcie": {"width": pcie["width"], "speed": {"value": speed, "unit": "GT/s"}},
        "ecc": {
            "total_correctable_count": ecc.get("corrected", 0),
            "total_uncorrectable_count": ecc.get("uncorrected", 0),
        },
        "mem_usage": {"total_vram": {"value": gpu["memory_mib"], "unit": "MB"}},
    }


def _tree(data: dict[str, Any], depth: int) -> str:
    lines = []
    for key, value in data.items():
        name = "    " * depth + key.upper()
        if isinstance(value, dict) and "unit" in value:
            lines.append(f"{name}: {value['value']} {value['unit']}")
        elif isinstance(value, dict):
            lines += [f"{name}:", _tree(value, depth + 1)]
        else:
            lines.append(f"{name}: {value}")
    return "\n".join(lines)


def rocm_smi(arguments: list[str]) -> int:
    """--showdriverversion, --showproductname, --showid, with --json."""
    module = amd_module.loaded()
    if module is None:
        print("ERROR:root:Driver not initialized (amdgpu not found in modules)", file=sys.stderr)
        return 1
    data = record.load()
    out: dict[str, dict[str, str]] = {}
    if "--showdriverversion" in arguments:
        out["system"] = {"Driver version": module}
    if {"--showproductname", "--showid"} & set(arguments) or not arguments:
        out |= {f"card{gpu['index']}": {"Card Series": str(gpu["name"])} for gpu in record.gpus(data)}
    if "--json" in arguments:
        print(json.dumps(out))
        return 0
    print("============================ ROCm System Management Interface ============================")
    for place, row in out.items():
        mark = f"GPU[{place.removeprefix('card')}]\t\t: " if place.startswith("card") else ""
        print("\n".join(f"{mark}{key}: {value}" for key, value in row.items()))
    print("==================================== End of ROCm SMI Log ====================================")
    return 0
