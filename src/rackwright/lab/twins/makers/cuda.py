"""CUDA's user libraries: the runtime, in the folder of its release."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.parts import TRIPLETS, shared_library
from rackwright.locks import HostLock


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """Each package of the row; the runtime has its library and says its version."""
    row = lock.row("cuda")
    for name, full in row.packages.items():
        upstream = full.partition(":")[2] or full
        upstream = upstream.rpartition("-")[0]
        found = re.fullmatch(r"cuda-cudart-(\d+)-(\d+)", name)
        files: dict[str, Item] = {}
        if found:
            folder = f"usr/local/cuda-{found[1]}.{found[2]}"
            machine = TRIPLETS[architecture].partition("-")[0]
            lib = f"{folder}/targets/{machine}-linux/lib"
            files = shared_library(f"libcudart.so.{found[1]}", upstream, architecture, lib)
            about = {"cuda_cudart": {"name": "CUDA Runtime (cudart)", "version": upstream}}
            files[f"{folder}/version.json"] = Item(json.dumps(about, indent=3).encode())
        yield Package(name, full, "NVIDIA CUDA", files=files)
