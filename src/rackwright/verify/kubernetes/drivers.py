"""DRA drivers of a design: where each one's plugin runs, and which part of a node it speaks for."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.kubernetes_design import GpuGroup, KubernetesDesign


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver. ``namespace`` is the one that its publisher's guide installs it in."""

    name: str
    namespace: str
    parts: tuple[str, ...]
    """Parts of a node (as node checks blame them) whose fault takes devices away."""
    exact: bool
    """No other devices than those expected are published."""


TABLE = {
    # https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu (helm install ... -n dra-driver-nvidia-gpu)
    "nvidia": Driver("gpu.nvidia.com", "dra-driver-nvidia-gpu", ("gpu", "nodes"), True),
    # https://github.com/ROCm/k8s-gpu-dra-driver (docs: --namespace kube-amd-gpu)
    "amd": Driver("gpu.amd.com", "kube-amd-gpu", ("gpu", "nodes"), True),
    # https://github.com/kubernetes-sigs/dranet publishes every PCI network device, those of storage, too.
    "dranet": Driver("dra.net", "dranet", ("rdma",), False),
}


def drivers(design: KubernetesDesign) -> list[Driver]:
    """Those whose devices are expected: ``rackwright.dra.expected`` knows no SR-IOV devices."""
    return [TABLE[name] for name in (design.gpu_driver, design.network_driver) if name in TABLE]


def gpu_nodes(design: KubernetesDesign) -> list[tuple[str, GpuGroup]]:
    """GPU nodes with their groups, in the design's order."""
    groups = {group.name: group for group in design.groups}
    return [(node.name, groups[node.group]) for node in design.nodes if node.group in groups]
