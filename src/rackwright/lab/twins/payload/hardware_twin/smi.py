"""nvidia-smi: the forms that scripts use, in the vendor's words.

Exit codes: RETURN VALUE in nvidia-smi(1).
"""

from __future__ import annotations

import sys
from typing import Any

from . import gpu as device
from . import mig_state, record, smi_full, smi_mig, smi_nvlink, smi_query, smi_table, smi_topo, smi_xml

MISMATCH = "Failed to initialize NVML: Driver/library version mismatch"
NO_DRIVER = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest "
    "NVIDIA driver is installed and running.\n"
)
LOST = 15
"""The GPU has fallen off the bus or has otherwise become inaccessible."""


def main(arguments: list[str]) -> int:
    data = record.load()
    module, library = record.loaded_module(data), record.library("libnvidia-ml.so.1")
    if library is None:
        print("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", file=sys.stderr)
        return 12
    if module is None or data["faults"].get("no_device_nodes"):
        print(NO_DRIVER)
        return 9
    if module != library:
        print(f"{MISMATCH}\nNVML library version: {record.short(library)}")
        return 18
    if not record.gpus(data):
        print("No devices were found")
        return 6
    lost = record.lost(data)
    for gpu in lost:
        print(device.handle_error(gpu))
    code = _answer(arguments, data, library)
    return LOST if lost and code == 0 else code


def _chosen(arguments: list[str], data: dict[str, Any]) -> list[dict[str, Any]]:
    """The GPUs that answer; those named with ``-i`` (index, UUID or address) where it is there."""
    gpus = record.answering(data)
    named = [word.partition("=")[2] for word in arguments if word.startswith("--id=")]
    named += [arguments[place + 1] for place, word in enumerate(arguments[:-1]) if word in {"-i", "--id"}]
    if not named:
        return gpus
    wanted = set(named[0].split(","))
    return [gpu for gpu in gpus if {str(gpu["index"]), gpu["uuid"], device.bus_id(gpu)} & wanted]


def _answer(arguments: list[str], data: dict[str, Any], version: str) -> int:
    gpus = _chosen(arguments, data)
    words = [word for word in arguments if not word.startswith("-")]
    for option, reader in (("--query-gpu=", _fields), ("--query-remapped-rows=", _remapped)):
        query = next((word.partition("=")[2] for word in arguments if word.startswith(option)), None)
        if query is not None:
            return smi_query.csv(query.replace(" ", "").split(","), arguments, reader(gpus, data, version))
    if words[:1] == ["topo"]:
        print(smi_topo.matrix(gpus, record.rdma(data)))
    elif words[:1] == ["nvlink"]:
        return smi_nvlink.answer(arguments, gpus, data)
    elif words[:1] == ["mig"]:
        return smi_mig.answer(arguments, gpus)
    elif "-mig" in arguments:
        return smi_mig.set_mode(arguments, gpus, data)
    elif "--gpu-reset" in arguments or "-r" in arguments:
        return smi_mig.reset(gpus, data)
    elif "-L" in arguments or "--list-gpus" in arguments:
        for gpu in gpus:
            print(f"GPU {gpu['index']}: {gpu['name']} (UUID: {gpu['uuid']})")
            for place, part in enumerate(mig_state.devices(gpu)):
                print(f"  MIG {part['name']:<12}Device {place:>2}: (UUID: {part['uuid']})")
    elif "--version" in arguments:
        print(
            f"NVIDIA-SMI version  : {version}\nNVML version        : {record.short(version)}\n"
            f"DRIVER version      : {version}\nCUDA Version        : {smi_table.cuda(version)}"
        )
    elif "-q" in arguments and "-x" in arguments:
        print(smi_xml.document(gpus, data, version))
    elif "-q" in arguments:
        return smi_full.answer(arguments, gpus, data, version)
    elif arguments[:1] == ["-pm"]:
        for gpu in gpus:
            print(f"Persistence mode is already Enabled for GPU {device.bus_id(gpu)}.")
    elif not arguments or arguments[0] in {"-i", "--id"}:
        print(smi_table.table(gpus, data, version))
    else:
        said = " ".join(arguments)
        print(f"Invalid combination of input arguments: {said} is not simulated", file=sys.stderr)
        return 2
    return 0


def _fields(gpus: list[dict[str, Any]], data: dict[str, Any], version: str) -> list[dict[str, str]]:
    return [smi_query.fields(gpu, data, version, len(gpus)) for gpu in gpus]


def _remapped(gpus: list[dict[str, Any]], data: dict[str, Any], version: str) -> list[dict[str, str]]:
    del version
    return [smi_query.remapped(gpu, data) for gpu in gpus]
