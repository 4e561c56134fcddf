"""Releases of the DRA drivers' charts: which a cluster deploys, where, and with which values.

Everything is derived: the driver from the cluster file, the driver root from how the host lock installs
the driver (packages on the host, so ``/``), gates from the sharing profiles, ComputeDomains from the server
model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rackwright.gpu_sharing.classes import classes
from rackwright.gpu_sharing.opaque import chart_values
from rackwright.locks.model import HostLock
from rackwright.models.kubernetes_design import KubernetesDesign

Json = dict[str, Any]
PRESENT = "nvidia.com/gpu.present"
"""Label of nodes with NVIDIA GPUs, one of those that the chart's affinity knows. Node Feature Discovery would
find by looking at PCI devices what the cluster file says beforehand: one more daemon, one more image."""
AMD_PRESENT = "amd.com/gpu.present"
NETWORK = "rackwright.io/dra-network"
"""Label of nodes whose NICs pods get by DRA; ours, since no chart has one."""
NAMESPACES = {
    # https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu (helm install ... -n dra-driver-nvidia-gpu)
    "gpu.nvidia.com": "dra-driver-nvidia-gpu",
    # Ours: https://github.com/ROCm/k8s-gpu-dra-driver/blob/main/docs/installation.md names none for certain.
    # Not kube-amd-gpu, where AMD's GPU operator has other DaemonSets.
    "gpu.amd.com": "k8s-gpu-dra-driver",
    # https://github.com/kubernetes-sigs/dranet names none in its chart; its plain manifest has kube-system.
    "dra.net": "dranet",
}
"""Where each driver's DaemonSet is, by the driver's name: to deploy it, to look for it, to stop it."""


@dataclass(frozen=True, slots=True)
class Release:
    """One chart as a cluster deploys it."""

    name: str
    """Of the release, and of the chart's row in its table."""
    row: str
    """Of the host lock; its table has the chart."""
    namespace: str
    drivers: tuple[str, ...]
    """Whose ResourceSlices every node with devices has."""
    nodes: Json
    """Labels of the nodes that its plugin runs on; the role sets them."""
    values: Json
    """Where they differ from the chart's own."""
    beside: tuple[Json, ...] = ()
    """Objects that belong to it and that its chart leaves to the administrator."""


def releases(design: KubernetesDesign) -> tuple[Release, ...]:
    """Every chart of a cluster, the GPUs' first; SR-IOV's driver is deployed elsewhere."""
    made = [_GPU[design.gpu_driver](design)] if design.gpu_driver in _GPU and design.groups else []
    if design.network_driver == "dranet" and design.groups:
        made.append(_dranet(design))
    return tuple(made)


def from_depot(design: KubernetesDesign, lock: HostLock) -> list[tuple[Release, str]]:
    """Those that a cluster deploys from its depot, each with its table: the lock's row names one. Others are
    the site's own affair."""
    rows = lock.rows
    return [
        (each, table)
        for each in releases(design)
        if (row := rows.get(each.row)) is not None and (table := row.artifacts) is not None
    ]


def _nvidia(design: KubernetesDesign) -> Release:
    values, own = chart_values(design), "gpu.nvidia.com"
    drivers = (
        (own, "compute-domain.nvidia.com") if values["resources"]["computeDomains"]["enabled"] else (own,)
    )
    return Release("dra-driver-nvidia-gpu", "dra_driver", NAMESPACES[own], drivers, {PRESENT: "true"}, values)


def _amd(design: KubernetesDesign) -> Release:
    """AMD's chart has no affinity of its own: without a selector its plugin would run and wait everywhere."""
    del design
    own, label = "gpu.amd.com", {AMD_PRESENT: "true"}
    values = {"deviceClass": {"create": True}, "kubeletPlugin": {"nodeSelector": label}}
    return Release("k8s-gpu-dra-driver", "amd_dra_driver", NAMESPACES[own], (own,), label, values)


def _dranet(design: KubernetesDesign) -> Release:
    """On nodes with compute NICs only. The class of its NICs is the administrator's: it comes beside."""
    own, label = "dra.net", {NETWORK: "true"}
    ours = tuple(each.manifest() for each in classes(design) if each.ours)
    return Release("dranet", "dranet", NAMESPACES[own], (own,), label, {"nodeSelector": label}, ours)


_GPU: dict[str, Callable[[KubernetesDesign], Release]] = {"nvidia": _nvidia, "amd": _amd}
