"""nvlsm, the NVLink subnet manager of systems with fifth-generation NVLink."""

from __future__ import annotations

from . import record
from .daemon import stay


def main(arguments: list[str]) -> int:
    """A daemon; ``--version`` says its own."""
    if "--version" in arguments or "-v" in arguments:
        print(f"NVIDIA NVLSM {record.installed('nvlink_subnet_manager')}")
        return 0
    print("Entering MASTER state")
    return stay()
