"""Variables of each role for one server, from the design and the host lock: one module for each role.

A module has one function, ``variables(about) -> dict``. What a role can work out from the machine itself, or
has a sound default for, is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rackwright.inventory.about import About
from rackwright.inventory.roles import (
    amdgpu,
    api_address,
    cni,
    container_toolkit,
    containerd,
    dcgm,
    dcgm_exporter,
    dra_driver,
    fabric_manager,
    gds,
    glusterfs,
    gpu_persistence,
    gpu_sharing,
    host_lock,
    host_network,
    in_service,
    kernel,
    kubernetes,
    nccl,
    nic_firmware,
    node_exporter,
    nvidia_driver,
    nvidia_imex,
    rccl,
    rdma,
    roce_host,
    topology_labels,
)

VARIABLES: Mapping[str, Callable[[About], dict[str, Any]]] = {
    "amdgpu": amdgpu.variables,
    "api_address": api_address.variables,
    "cni": cni.variables,
    "container_toolkit": container_toolkit.variables,
    "containerd": containerd.variables,
    "dcgm": dcgm.variables,
    "dcgm_exporter": dcgm_exporter.variables,
    "dra_driver": dra_driver.variables,
    "fabric_manager": fabric_manager.variables,
    "gds": gds.variables,
    "glusterfs": glusterfs.variables,
    "gpu_persistence": gpu_persistence.variables,
    "gpu_sharing": gpu_sharing.variables,
    "host_lock": host_lock.variables,
    "host_network": host_network.variables,
    "in_service": in_service.variables,
    "kernel": kernel.variables,
    "kubernetes": kubernetes.variables,
    "nccl": nccl.variables,
    "nic_firmware": nic_firmware.variables,
    "node_exporter": node_exporter.variables,
    "nvidia_driver": nvidia_driver.variables,
    "nvidia_imex": nvidia_imex.variables,
    "rccl": rccl.variables,
    "rdma": rdma.variables,
    "roce_host": roce_host.variables,
    "topology_labels": topology_labels.variables,
}
"""By role; a role that is not here takes nothing from the design."""
