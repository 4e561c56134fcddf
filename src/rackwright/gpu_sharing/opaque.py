"""Opaque configurations: what a claim tells NVIDIA's driver about sharing, and what the chart is told.

Pods share a GPU when they name one claim; a template makes each pod a claim, and a GPU, of its own. So MPS
and time slicing stand in a ResourceClaim, or in a template for containers of one pod
(kubernetes-sigs/dra-driver-nvidia-gpu, concepts/gpu-sharing.md).
"""

from __future__ import annotations

from typing import Any

from rackwright.gpu_sharing.profile import Profile
from rackwright.models.kubernetes_design import KubernetesDesign

Json = dict[str, Any]
_DRIVER = "gpu.nvidia.com"
_API = "resource.nvidia.com/v1beta1"
HOSTED = "HostManagedIMEXDaemon"
"""Gate with which the host's own IMEX service stays."""


def opaque(profile: Profile, request: str) -> list[Json]:
    """``devices.config`` of a claim; empty where a profile says nothing to the driver."""
    sharing = _sharing(profile)
    if sharing is None:
        return []
    parameters = {"apiVersion": _API, "kind": "GpuConfig", "sharing": sharing}
    return [{"requests": [request], "opaque": {"driver": _DRIVER, "parameters": parameters}}]


def _sharing(profile: Profile) -> Json | None:
    if profile.kind == "time-slicing":
        return {"strategy": "TimeSlicing", "timeSlicingConfig": {"interval": profile.interval}}
    if profile.kind == "mps":
        limits = {} if profile.percent is None else {"defaultActiveThreadPercentage": profile.percent}
        return {"strategy": "MPS", "mpsConfig": limits}
    return None


def chart_values(design: KubernetesDesign) -> Json:
    """Values of the chart of NVIDIA's driver, where they differ from its own.

    The override says that no device plugin hands the same GPUs out: the chart does not render without it.
    ComputeDomains are on only where NVLink joins servers. Whose the IMEX daemon is, role nvidia_imex is told
    as well: the driver's own way wants the host's masked. The driver is of the host's packages, so that its
    root is ``/``. A chart that is rendered beforehand asks no API server what it serves: it is told.
    """
    wide = any(group.sku.nvlink_servers > 1 for group in design.groups)
    domains: Json = {"enabled": wide}
    if wide:
        domains["imex"] = {"mode": "hostManaged" if HOSTED in design.driver_gates else "driverManaged"}
    values: Json = {
        "gpuResourcesEnabledOverride": True,
        "nvidiaDriverRoot": "/",
        "resourceApiVersion": "resource.k8s.io/v1",
        "resources": {"computeDomains": domains, "gpus": {"enabled": True}},
    }
    if wide:  # the label that GPU Feature Discovery would set; there is none
        values["kubeletPlugin"] = {"containers": {"computeDomains": {"gpuCliqueLabelEnabled": True}}}
    if design.driver_gates:
        values["featureGates"] = dict.fromkeys(design.driver_gates, True)
    return values
