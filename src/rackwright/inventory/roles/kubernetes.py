"""Variables of role ``kubernetes``."""

from __future__ import annotations

from typing import Any

import yaml

from rackwright.inventory.about import About
from rackwright.inventory.artifacts import programs
from rackwright.kubernetes import kubeadm
from rackwright.models.kubernetes_design import API_PORT, KubernetesDesign

SITE = "kubernetes"
EVERYWHERE = ("crictl", "kubeadm", "kubectl", "kubelet")
CONTROL = ("etcdctl", "etcdutl")


def variables(about: About) -> dict[str, Any]:
    """What was rendered for this server, and where its programs come from."""
    made, section = about.design.kubernetes, about.design.spec.kubernetes
    if made is None or section is None:
        return {}
    row, site = about.lock.row("kubernetes"), about.site
    node = next(each for each in made.nodes if each.name == about.server.name)
    first = made.control[0]
    patch = site.get(f"{SITE}/kubelet/{node.group}/kubeletconfiguration+merge.yaml", "")
    path = f"{SITE}/kubeadm/{'init' if node is first else f'join/{node.name}'}.yaml"
    return {
        "kubernetes_version": row.reports or "",
        "kubernetes_packages": dict(row.packages),
        "kubernetes_programs": programs(about, *EVERYWHERE, *(CONTROL if node.control else ())),
        "kubernetes_node": node.name,
        "kubernetes_control": node.control,
        "kubernetes_first": first.name,
        "kubernetes_servers": {each.name: each.address for each in made.control},
        "kubernetes_apis": {each.name: _api(about, made, each.name) for each in made.control},
        "kubernetes_endpoint": f"{made.host}:{API_PORT}",
        "kubernetes_hosts": site.get(f"{SITE}/hosts", ""),
        "kubernetes_address": node.address,
        "kubernetes_pods": node.pods,
        "kubernetes_routed": section.cni == "routed",
        "kubernetes_kubeadm": site[path],
        "kubernetes_join": site.get(f"{SITE}/kubeadm/join/{node.name}.yaml", "") if node is first else "",
        "kubernetes_patch": yaml.safe_load(patch) or {},
        "kubernetes_sysctl": site[f"{SITE}/kubelet/90-kubelet.conf"],
        "kubernetes_discovery": kubeadm.DISCOVERY,
        "kubernetes_audit_policy": site[f"{SITE}/apiserver/audit-policy.yaml"] if node.control else "",
        "kubernetes_authentication": site[f"{SITE}/apiserver/authentication.yaml"] if node.control else "",
        "kubernetes_encryption": site[f"{SITE}/apiserver/encryption.form.yaml"] if node.control else "",
        "kubernetes_encryption_key": section.encryption_key,
        "kubernetes_members": {each.name: f"https://{each.address}:2380" for each in made.control},
    }


def _api(about: About, made: KubernetesDesign, name: str) -> str:
    """An API server on the management plane, where the controller is: a virtual address is there, too."""
    if made.endpoint == "virtual":
        return f"{made.host}:{API_PORT}"
    server = next(each for each in about.design.servers if each.name == name)
    return f"{server.management.address.ip}:{API_PORT}"
