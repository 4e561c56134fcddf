"""Control plane: arguments of API server, controller manager and scheduler, as kubeadm v1beta4 takes them.

v1beta4 (Kubernetes 1.31 on) wants a list of names and values; a mapping, as v1beta3 had it, is refused.
"""

from __future__ import annotations

from typing import Any

from rackwright.kubernetes import anonymous
from rackwright.models.kubernetes_design import KubernetesDesign

Json = dict[str, Any]
FOLDER = "/etc/kubernetes/rackwright"
"""Audit policy and encryption file, on control-plane servers."""
AUDIT_LOGS = "/var/log/kubernetes/audit"


def arguments(**values: str) -> list[Json]:
    """Arguments by name, with underscores for dashes, sorted.

    >>> arguments(profiling="false", bind_address="127.0.0.1")
    [{'name': 'bind-address', 'value': '127.0.0.1'}, {'name': 'profiling', 'value': 'false'}]
    """
    return [{"name": name.replace("_", "-"), "value": values[name]} for name in sorted(values)]


def gates(design: KubernetesDesign) -> dict[str, str]:
    """Feature gates as the argument has them; the same for all three."""
    return {"feature_gates": ",".join(f"{name}=true" for name in design.features)} if design.features else {}


def api_server(design: KubernetesDesign) -> Json:
    """CIS Kubernetes Benchmark 1.2: no anonymous requests, audit, encryption, certificates."""
    values = {
        "audit_log_maxage": "30",
        "audit_log_maxbackup": "10",
        "audit_log_maxsize": "100",
        "audit_log_path": f"{AUDIT_LOGS}/audit.log",
        "audit_policy_file": f"{FOLDER}/audit-policy.yaml",
        "authentication_config": f"{FOLDER}/{anonymous.FILE}",
        "encryption_provider_config": f"{FOLDER}/encryption.yaml",
        "kubelet_certificate_authority": "/etc/kubernetes/pki/ca.crt",
        "profiling": "false",
        "tls_min_version": "VersionTLS12",
        **gates(design),
    }
    if design.served:
        values["runtime_config"] = ",".join(f"{api}=true" for api in design.served)
    names = [node.name for node in design.control]
    return {
        "certSANs": [
            design.host,
            *(name for plain in names for name in (plain, f"{plain}.{design.domain}")),
            *(node.address for node in design.control if node.address != design.host),
        ],
        "extraArgs": arguments(**values),
        "extraVolumes": [
            _volume("rackwright", FOLDER, read_only=True),
            _volume("audit", AUDIT_LOGS, read_only=False),
        ],
    }


def controller_manager(design: KubernetesDesign) -> Json:
    """Parts of the pods' prefix are the design's: the controller manager gives out none of its own."""
    values = {
        "allocate_node_cidrs": "false",
        "bind_address": "127.0.0.1",
        "profiling": "false",
        "terminated_pod_gc_threshold": "1000",
    }
    return {"extraArgs": arguments(**values, **gates(design))}


def scheduler(design: KubernetesDesign) -> Json:
    return {"extraArgs": arguments(bind_address="127.0.0.1", profiling="false", **gates(design))}


def _volume(name: str, path: str, *, read_only: bool) -> Json:
    return {
        "name": name,
        "hostPath": path,
        "mountPath": path,
        "readOnly": read_only,
        "pathType": "DirectoryOrCreate",
    }
