"""Kubernetes: the section ``kubernetes:`` of the cluster file. Intent only; nothing derived lives here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rackwright.models.strict import Name, Prefix, SecretRef, Strict

Line = Annotated[str, StringConstraints(pattern=r"^1\.[1-9][0-9]$")]
"""A minor release of Kubernetes, e.g. ``1.36``."""
Gate = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]{2,62}$")]
"""A feature gate, e.g. ``DRAPartitionableDevices``."""
GpuDriver = Literal["nvidia", "amd", "none"]
NetworkDriver = Literal["dranet", "sriov", "none"]
Scheduler = Literal["none", "kueue", "kai", "volcano"]
Endpoint = Literal["name", "address", "virtual"]
Alignment = Literal["best-effort", "restricted", "single-numa-node"]


class Dra(Strict):
    """Dynamic resource allocation: which drivers hand devices to pods."""

    gpu: GpuDriver
    """Driver of the GPUs; in a file it may be left out, and is then that of the GPUs' maker."""
    network: NetworkDriver = "dranet"
    """Driver of the compute plane's NICs."""
    features: list[Gate] = Field(default=[])
    """Gates of the GPU driver itself, beside those that the sharing profiles need."""


class Kubernetes(Strict):
    """A Kubernetes cluster of the GPU servers and the control-plane servers."""

    version: Line | None = None
    """Minor release; default: the host lock's. Where both stand they must agree."""
    pods: Prefix
    """All pods' addresses; a part of ``node_prefix`` for each server, by position."""
    services: Prefix
    """Virtual addresses of services; the tenth is the cluster's DNS."""
    node_prefix: Annotated[int, Field(ge=22, le=27)] = 24
    """Prefix length of one server's pods; 24 holds twice the kubelet's usual 110."""
    cni: Literal["routed", "cilium"] = "routed"
    """``routed``: bridge and host-local, a route for each server's part; ``cilium``: native routing."""
    endpoint: Endpoint = "name"
    """How kubelets find the control plane: a DNS name with every server's address, the only server's
    address, or a virtual address on the management plane."""
    dra: Dra
    sharing: dict[Name, str] = Field(default={})
    """Profile by group of GPU servers; default: whole GPUs."""
    scheduler: Scheduler = "none"
    """Queueing beside or instead of kube-scheduler."""
    alignment: Alignment = "best-effort"
    """What the kubelet does with a pod whose processors and memory do not fit into one NUMA node."""
    features: list[Gate] = Field(default=[])
    """Feature gates of Kubernetes that are off by default, for the control plane and kubelets alike."""
    encryption_key: SecretRef = "state:kubernetes-encryption-key"
    """32 bytes in base64 that encrypt secrets in etcd; read by whoever writes the file on a server."""
