"""nvidia-smi: the forms that scripts use, in the vendor's words."""

from __future__ import annotations

import sys
from typing import Any

from . import record, smi_query, smi_table, smi_topo

MISMATCH = "Failed to initialize NVML: Driver/library version mismatch"
NO_DRIVER = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest "
    "NVIDIA driver is installed and running.\n"
)


def main(arguments: list[str]) -> int:
    data = record.load()
    module, library = record.loaded_module(data), record.library("libnvidia-ml.so.1")
    if library is None:
        print("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", file=sys.stderr)
        return 12
    if module is None:
        print(NO_DRIVER)
        return 9
    if module != library:
        print(f"{MISMATCH}\nNVML library version: {record.short(library)}")
        return 18
    return _answer(arguments, data, library)


def _answer(arguments: list[str], data: dict[str, Any], version: str) -> int:
    gpus = record.gpus(data)
    if not gpus:
        print("No devices were found")
        return 6
    query = next((word for word in arguments if word.startswith("--query-gpu=")), None)
    if query is not None:
        return smi_query.csv(query.partition("=")[2], arguments, gpus, version)
    if "-L" in arguments or "--list-gpus" in arguments:
        for gpu in gpus:
            print(f"GPU {gpu['index']}: {gpu['name']} (UUID: {gpu['uuid']})")
        return 0
    if "--version" in arguments:
        print(
            f"NVIDIA-SMI version  : {version}\nNVML version        : {record.short(version)}\n"
            f"DRIVER version      : {version}\nCUDA Version        : {smi_table.cuda(version)}"
        )
        return 0
    if arguments[:2] == ["topo", "-m"]:
        print(smi_topo.matrix(gpus, record.rdma(data)))
        return 0
    if "-q" in arguments and "-x" in arguments:
        print(smi_table.xml(gpus, version))
        return 0
    if "-q" in arguments:
        print(smi_table.query(gpus, version))
        return 0
    if arguments[:1] == ["-pm"]:
        for gpu in gpus:
            print(f"Persistence mode is already Enabled for GPU {gpu['pci']}.")
        return 0
    if arguments:
        print(
            f"Invalid combination of input arguments: {' '.join(arguments)} is not simulated", file=sys.stderr
        )
        return 2
    print(smi_table.table(gpus, version))
    return 0
