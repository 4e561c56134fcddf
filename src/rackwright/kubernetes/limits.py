"""Limits: what the rendered files do not promise or do not do, a sentence each, for people."""

from __future__ import annotations

from rackwright.dra.alignment import alignment
from rackwright.kubernetes.reserved import MANY_NODES
from rackwright.models.kubernetes_design import GpuGroup, KubernetesDesign

_MOST_RESULTS = 32
"""Devices that one claim may have (https://kubernetes.io/docs/reference/kubernetes-api/resource/resource-claim-v1/)."""


def limits(design: KubernetesDesign) -> list[str]:
    """Of the whole cluster, then of each group."""
    found = []
    if design.network_driver == "sriov":
        found.append("dra.network sriov: virtual functions are made elsewhere; their slices are not expected")
    if design.release is None:
        found.append(
            f"the host lock has no release of {design.line}: kubeadm asks the internet for the newest"
        )
    for group in design.groups:
        found += of_group(design, group)
    return found


def of_group(design: KubernetesDesign, group: GpuGroup) -> list[str]:
    """Of one group's servers."""
    found = []
    by = alignment(group, design.gpu_driver, design.network_driver)
    if by.limit is not None:
        found.append(by.limit)
    host, name = group.sku.host, f"{group.name}: {group.sku.name}"
    if host is None:
        found.append(f"{name}: processors and memory are not in the catalog; the kubelet aligns nothing")
    elif host.cpu_order is None:
        found.append(f"{name}: the order of processors is not known; the kubelet chooses which it reserves")
    if host is not None and host.numa_nodes > MANY_NODES:
        found.append(f"{name}: {host.numa_nodes} NUMA nodes; memory is not managed by the kubelet")
    if design.gpu_driver == "amd":
        found.append(f"{name}: AMD's driver names devices by DRM card; names are not compared")
    elif design.gpu_driver == "nvidia" and not group.sku.gpu_slots:
        found.append(f"{name}: where the GPUs are on the bus is not in the catalog, and is not compared")
    if group.sku.nvlink_servers > 1 and "HostManagedIMEXDaemon" not in design.driver_gates:
        found.append(f"{name}: ComputeDomains are off; dra.features HostManagedIMEXDaemon switches them on")
    if group.profile.kind == "partition":
        found.append(
            f"{name}: a claim has {_MOST_RESULTS} devices at most, fewer than partitions of a server"
        )
    if group.profile.kind in ("mig", "partition"):
        found.append(f"{name}: no role makes the layout yet; it must be there before the driver starts")
    return found
