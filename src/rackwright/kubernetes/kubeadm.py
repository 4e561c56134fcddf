"""kubeadm: what the first control-plane server begins with, and with what each other server joins (v1beta4).

Nothing secret stands in these files: a server that joins reads the bootstrap token from a kubeconfig of mode
0600 (``discovery.file``), and control-plane servers find the cluster's keys in place.
"""

from __future__ import annotations

from typing import Any, Literal

from rackwright.kubernetes import apiserver
from rackwright.models.kubernetes_design import API_PORT, CONTAINERD, KubernetesDesign, KubernetesNode

Json = dict[str, Any]
_API = "kubeadm.k8s.io/v1beta4"
DISCOVERY = "/etc/kubernetes/rackwright/discovery.conf"
PATCHES = "/etc/kubernetes/patches"
GROUP_LABEL = "rackwright.dev/group"
GPU_LABELS = {"nvidia": "nvidia.com/gpu.present=true"}
"""By driver: a label without which its DaemonSet starts no plugin where no feature discovery runs (facts:
kubernetes-sigs/dra-driver-nvidia-gpu, the chart's node affinity)."""


def cluster(design: KubernetesDesign, name: str) -> Json:
    """ClusterConfiguration."""
    made: Json = {
        "apiVersion": _API,
        "kind": "ClusterConfiguration",
        "apiServer": apiserver.api_server(design),
        "clusterName": name,
        "controlPlaneEndpoint": f"{design.host}:{API_PORT}",
        "controllerManager": apiserver.controller_manager(design),
        "kubernetesVersion": f"v{design.release}" if design.release else f"stable-{design.line}",
        "networking": {
            "dnsDomain": "cluster.local",
            "podSubnet": design.pods,
            "serviceSubnet": design.services,
        },
        "scheduler": apiserver.scheduler(design),
    }
    return made


def init(design: KubernetesDesign, cni: Literal["routed", "cilium"]) -> Json:
    """InitConfiguration of the first control-plane server. Cilium takes kube-proxy's place."""
    node = design.control[0]
    made: Json = {
        "apiVersion": _API,
        "kind": "InitConfiguration",
        "localAPIEndpoint": _endpoint(node),
        "nodeRegistration": _registration(node, design),
        "patches": {"directory": PATCHES},
    }
    if cni == "cilium":
        made["skipPhases"] = ["addon/kube-proxy"]
    return made


def join(design: KubernetesDesign, node: KubernetesNode) -> Json:
    """JoinConfiguration of one server."""
    made: Json = {
        "apiVersion": _API,
        "kind": "JoinConfiguration",
        "discovery": {"file": {"kubeConfigPath": DISCOVERY}},
        "nodeRegistration": _registration(node, design),
        "patches": {"directory": PATCHES},
    }
    if node.control:
        made["controlPlane"] = {"localAPIEndpoint": _endpoint(node)}
    return made


def _endpoint(node: KubernetesNode) -> Json:
    return {"advertiseAddress": node.address, "bindPort": API_PORT}


def _registration(node: KubernetesNode, design: KubernetesDesign) -> Json:
    labels = [f"{GROUP_LABEL}={node.group}"]
    if design.group(node.group) and design.gpu_driver in GPU_LABELS:
        labels.append(GPU_LABELS[design.gpu_driver])
    return {
        "name": node.name,
        "criSocket": CONTAINERD,
        "imagePullPolicy": "IfNotPresent",
        "kubeletExtraArgs": apiserver.arguments(node_ip=node.address, node_labels=",".join(labels)),
    }
