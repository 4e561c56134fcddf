"""DeviceClasses: which there must be for a driver, and which of them are ours to make.

The drivers' own classes come with their charts; ``dranet`` is the administrator's own, by that name in
dranet's documents. What belongs to a class stands in ``catalog/device-classes.yaml``; SR-IOV's comes with
its driver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rackwright.kube import device_classes
from rackwright.models.kubernetes_design import KubernetesDesign

Json = dict[str, Any]
NVIDIA_GPU, NVIDIA_MIG = "gpu.nvidia.com", "mig.nvidia.com"
AMD_GPU = "gpu.amd.com"
DRANET, SRIOV = "dranet", "sriovnetwork.k8snetworkplumbingwg.io"


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """One class. ``ours``: rendered, since no chart brings it. ``extended``: what pods ask for by number."""

    name: str
    selector: str
    ours: bool = False
    extended: str | None = None

    def manifest(self) -> Json:
        return device_classes.manifest(self.name, self.selector, self.extended)


def classes(design: KubernetesDesign) -> list[DeviceClass]:
    """Every class that the cluster's claims use, drivers' first.

    A class of partitions is there whether or not a group is divided: the chart makes it.
    """
    found: list[DeviceClass] = []
    if design.gpu_driver == "nvidia":
        found += [_row(NVIDIA_GPU), _row(NVIDIA_MIG)]
    elif design.gpu_driver == "amd":
        found.append(_row(AMD_GPU))
    if design.network_driver == "dranet":
        found.append(_row(DRANET, ours=True))
    elif design.network_driver == "sriov":
        found.append(DeviceClass(SRIOV, f"device.driver == '{SRIOV}'"))
    return found


def gpu_class(design: KubernetesDesign, *, divided: bool) -> str:
    """The class that a claim for a GPU, or for a part of one, names."""
    if design.gpu_driver == "amd":
        return AMD_GPU
    return NVIDIA_MIG if divided else NVIDIA_GPU


def network_class(design: KubernetesDesign) -> str:
    """The class that a claim for a NIC names."""
    return DRANET if design.network_driver == "dranet" else SRIOV


def _row(name: str, *, ours: bool = False) -> DeviceClass:
    row = device_classes.table()[name]
    return DeviceClass(name, row.expression, ours, row.extended_resource)
