"""DRA drivers of a design: where each one's plugin runs, and which part of a node it speaks for."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.dra.releases import NAMESPACES
from rackwright.models.kubernetes_design import GpuGroup, KubernetesDesign


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver."""

    name: str
    parts: tuple[str, ...]
    """Parts of a node (as node checks blame them) whose fault takes devices away."""
    exact: bool
    """No other devices than those expected are published."""

    @property
    def namespace(self) -> str:
        """The one that it is deployed in."""
        return NAMESPACES[self.name]


TABLE = {
    "nvidia": Driver("gpu.nvidia.com", ("gpu", "nodes"), True),
    "amd": Driver("gpu.amd.com", ("gpu", "nodes"), True),
    # https://github.com/kubernetes-sigs/dranet publishes every PCI network device, those of storage, too.
    "dranet": Driver("dra.net", ("rdma",), False),
}


def drivers(design: KubernetesDesign) -> list[Driver]:
    """Those whose devices are expected: ``rackwright.dra.expected`` knows no SR-IOV devices."""
    return [TABLE[name] for name in (design.gpu_driver, design.network_driver) if name in TABLE]


def gpu_nodes(design: KubernetesDesign) -> list[tuple[str, GpuGroup]]:
    """GPU nodes with their groups, in the design's order."""
    groups = {group.name: group for group in design.groups}
    return [(node.name, groups[node.group]) for node in design.nodes if node.group in groups]
