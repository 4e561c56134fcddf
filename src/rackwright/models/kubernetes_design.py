"""Kubernetes, derived: nodes with their addresses, the endpoint, gates, and what the GPUs are shared as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.gpu_sharing.profile import Profile
from rackwright.models.kubernetes import Endpoint, GpuDriver, NetworkDriver
from rackwright.models.tables import GpuModel, ServerSku

CONTAINERD = "unix:///run/containerd/containerd.sock"
"""Where kubelet and kubeadm speak to the container runtime."""
API_PORT = 6443
"""kubeadm's default."""


@dataclass(frozen=True, slots=True)
class KubernetesNode:
    """One server as a node."""

    name: str
    """Of the server and of the Node object."""
    group: str
    control: bool
    """Runs the control plane and etcd."""
    address: str
    """On the business plane."""
    pods: str
    """Its part of the pods' prefix."""


@dataclass(frozen=True, slots=True)
class GpuGroup:
    """A group of GPU servers: what they are and how their GPUs are handed out."""

    name: str
    sku: ServerSku
    gpu: GpuModel
    profile: Profile
    rails: int
    """Compute NICs that are cabled."""
    data_direct: bool
    """A compute NIC's PCIe root is not the one that a GPU shares (``NicModel.pcie_root``)."""


@dataclass(frozen=True, slots=True)
class KubernetesDesign:
    """The cluster as Kubernetes sees it."""

    line: str
    """Minor release, e.g. ``1.36``."""
    release: str | None
    """Full release of the host lock; None where it has none."""
    domain: str
    """The site's DNS domain."""
    pods: str
    services: str
    dns: str
    """Service address of the cluster's DNS: the tenth of the services."""
    node_prefix: int
    endpoint: Endpoint
    host: str
    """Name or address at which kubelets find the API server, on port 6443."""
    nodes: tuple[KubernetesNode, ...]
    gpu_driver: GpuDriver
    network_driver: NetworkDriver
    groups: tuple[GpuGroup, ...]
    """GPU servers by group."""
    features: tuple[str, ...]
    """Gates of Kubernetes that have to be switched on."""
    served: tuple[str, ...]
    """API versions that are off by default and have to be served for them."""
    driver_gates: tuple[str, ...]
    """Gates of the GPU driver that have to be switched on."""
    versions: Mapping[str, str]
    """What the host lock's rows report."""
    at: Mapping[str, KubernetesNode]
    """Nodes by address."""

    @property
    def control(self) -> tuple[KubernetesNode, ...]:
        """Control-plane servers, the first of which is the one that begins."""
        return tuple(node for node in self.nodes if node.control)

    def group(self, name: str) -> GpuGroup | None:
        """A group of GPU servers; None for control-plane servers."""
        return next((group for group in self.groups if group.name == name), None)
