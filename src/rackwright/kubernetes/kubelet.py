"""The kubelet's configuration: what is the same on every node, and what a group of servers has of its own.

kubeadm keeps one KubeletConfiguration for the cluster; what a group has besides is a patch that kubeadm
applies on its servers (``kubeletconfiguration+merge.yaml`` in the folder of patches).
"""

from __future__ import annotations

from typing import Any

from rackwright.kubernetes.reserved import EVICTION_MIB, MANY_NODES, SYSTEM_MIB, reserved
from rackwright.models.kubernetes import Alignment
from rackwright.models.kubernetes_design import CONTAINERD, GpuGroup, KubernetesDesign

Json = dict[str, Any]
_CIPHERS = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
)
"""Forward secrecy and authenticated encryption (CIS Kubernetes Benchmark 4.2.12)."""
_USUAL_PODS = 110
"""The kubelet's default."""
PROTECTED_SYSCTLS = {
    "kernel.keys.root_maxbytes": 25_000_000,
    "kernel.keys.root_maxkeys": 1_000_000,
    "kernel.panic": 10,
    "kernel.panic_on_oops": 1,
    "vm.overcommit_memory": 1,
    "vm.panic_on_oom": 0,
}
"""What ``protectKernelDefaults`` asks of a server: with another value the kubelet ends
(https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/)."""


def kubelet(design: KubernetesDesign, group: GpuGroup | None, alignment: Alignment) -> Json:
    """The whole configuration of a group's servers; ``None``: of those without GPUs."""
    whole = base(design)
    for key, value in (patch(group, alignment) if group else {}).items():
        whole[key] = {**whole[key], **value} if isinstance(whole.get(key), dict) else value
    return whole


def base(design: KubernetesDesign) -> Json:
    """Of every node. The CIS Kubernetes Benchmark (section 4.2) asks for most of it."""
    addresses = (1 << (32 - design.node_prefix)) - 3  # less the network's, the bridge's and broadcast
    made: Json = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True, "cacheTTL": "2m0s"},
            "x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "systemd",
        "clusterDNS": [design.dns],
        "clusterDomain": "cluster.local",
        "containerLogMaxFiles": 5,
        "containerLogMaxSize": "50Mi",
        "containerRuntimeEndpoint": CONTAINERD,
        "eventRecordQPS": 50,
        # Naming one threshold switches the others off: all stand here.
        "evictionHard": {
            "imagefs.available": "15%",
            "imagefs.inodesFree": "5%",
            "memory.available": f"{EVICTION_MIB}Mi",
            "nodefs.available": "10%",
            "nodefs.inodesFree": "5%",
            "pid.available": "5%",
        },
        "failSwapOn": True,
        "kubeReserved": {"cpu": "1", "memory": "2048Mi"},
        "makeIPTablesUtilChains": True,
        "maxParallelImagePulls": 4,
        "maxPods": min(_USUAL_PODS, addresses),
        "podPidsLimit": 65_536,
        "protectKernelDefaults": True,
        "readOnlyPort": 0,
        "rotateCertificates": True,
        "seccompDefault": True,
        "serializeImagePulls": False,
        "serverTLSBootstrap": True,
        "shutdownGracePeriod": "2m0s",
        "shutdownGracePeriodCriticalPods": "30s",
        "staticPodPath": "/etc/kubernetes/manifests",
        "streamingConnectionIdleTimeout": "5m0s",
        "systemReserved": {"cpu": "1", "memory": f"{SYSTEM_MIB}Mi"},
        "tlsCipherSuites": list(_CIPHERS),
        "tlsMinVersion": "VersionTLS12",
    }
    if design.features:
        made["featureGates"] = dict.fromkeys(design.features, True)
    return made


def patch(group: GpuGroup, alignment: Alignment) -> Json:
    """What GPU servers have besides; nothing where the catalog knows neither processors nor memory.

    The Topology Manager sees no DRA claim: it aligns processors with memory, and claims align GPUs with
    NICs. ``single-numa-node`` is no choice for two sockets and eight GPUs, since a pod with all of them needs
    processors of both and would be refused for good.
    """
    host = group.sku.host
    if host is None:
        return {}
    kept = reserved(host)
    made: Json = {
        "cpuManagerPolicy": "static",
        "kubeReserved": {"memory": f"{kept.kubelet_mib}Mi"},
        "systemReserved": {"memory": f"{SYSTEM_MIB}Mi"},
        "topologyManagerPolicy": alignment,
        "topologyManagerScope": "pod",
    }
    if kept.cpus is not None:
        made["reservedSystemCPUs"] = kept.cpus
    else:
        half = kept.cpu_count // 2
        made["kubeReserved"]["cpu"], made["systemReserved"]["cpu"] = str(kept.cpu_count - half), str(half)
    if host.numa_nodes > MANY_NODES:
        # Memory hints would be sought over every set of nodes, those of the GPUs' memory included.
        made["topologyManagerPolicyOptions"] = {"max-allowable-numa-nodes": str(host.numa_nodes)}
    else:
        made["memoryManagerPolicy"] = "Static"
        made["reservedMemory"] = [
            {"numaNode": node, "limits": {"memory": f"{mib}Mi"}} for node, mib in enumerate(kept.by_node_mib)
        ]
    return made
