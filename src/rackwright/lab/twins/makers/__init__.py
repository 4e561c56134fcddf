"""Makers of twin packages, one for each row of a lock that is simulated."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.lab.twins.makers import (
    amd,
    container_toolkit,
    cuda,
    dcgm,
    dcgm_exporter,
    driver,
    fabric_manager,
    firmware,
    gds,
    imex,
    nccl,
    nccl_plugin,
    nvlink_subnet_manager,
    persistence,
    rdma,
)
from rackwright.lab.twins.parts import Maker

MAKERS: Mapping[str, Maker] = {
    "amd_smi": amd.smi,
    "amdgpu": amd.driver,
    "bluefield3_firmware": firmware.bluefield3,
    "connectx7_firmware": firmware.packages,
    "container_toolkit": container_toolkit.packages,
    "cuda": cuda.packages,
    "dcgm": dcgm.packages,
    "dcgm_exporter": dcgm_exporter.packages,
    "driver": driver.packages,
    "fabric_manager": fabric_manager.packages,
    "gds": gds.packages,
    "imex": imex.packages,
    "nccl": nccl.packages,
    "nccl_plugin": nccl_plugin.packages,
    "nvlink_subnet_manager": nvlink_subnet_manager.packages,
    "persistence": persistence.packages,
    "rccl": amd.rccl,
    "rdma": rdma.packages,
    "rocm": amd.rocm,
}
"""By the name of the lock's row; a row that a lock lacks is skipped."""
