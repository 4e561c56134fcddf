"""Kubernetes: what kubeadm, the kubelet, the API server and the DRA drivers are told (``kubernetes/``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from rackwright.dra.claims import claims
from rackwright.dra.expected import document
from rackwright.dra.releases import releases
from rackwright.gpu_sharing.classes import classes
from rackwright.kubernetes import anonymous, cilium, kubeadm
from rackwright.kubernetes.audit import audit_policy
from rackwright.kubernetes.encryption import encryption_form
from rackwright.kubernetes.kubelet import PROTECTED_SYSCTLS, base, patch
from rackwright.kubernetes.limits import limits, of_group
from rackwright.models.design import Design
from rackwright.models.kubernetes import Kubernetes
from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.render import pods
from rackwright.render.wiring import Wiring

Json = dict[str, Any]
VALUES = {"amd_dra_driver": "amd", "dra_driver": "nvidia", "dranet": "dranet"}
"""Row of the host lock to the first word of the file with its chart's values."""


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """Nothing where the cluster file has no such section."""
    del wiring
    made, section = design.kubernetes, design.spec.kubernetes
    if made is None or section is None:
        return {}
    found = {**_kubeadm(made, section, design.name), **_kubelet(made, section), **_api_server(made, section)}
    found |= _dra(made)
    found["hosts"] = (
        "".join(f"{node.address} {made.host}\n" for node in made.control)
        if section.endpoint == "name"
        else ""
    )
    found["nodes.yaml"] = _dump([_node(node.name, node.pods) for node in made.nodes])
    if section.cni == "cilium":
        ports = [nic.name for server in design.servers for nic in server.nics if nic.address.ip in made.at]
        found["cilium/values.yaml"] = _dump([cilium.values(made, ports)])
    own = (pods.limit(design), cilium.LIMIT if section.cni == "cilium" else None)
    sentences = [*limits(made), *(sentence for sentence in own if sentence)]
    found["limits.txt"] = "".join(f"{sentence}\n" for sentence in sentences)
    return {f"kubernetes/{path}": text for path, text in found.items() if text}


def _kubeadm(made: KubernetesDesign, section: Kubernetes, name: str) -> dict[str, str]:
    """``init.yaml`` is for the first control-plane server, ``join/<server>.yaml`` for every other, and
    for the first where there are others that it can join after it was lost."""
    first = made.control[0]
    begin = [kubeadm.init(made, section.cni), kubeadm.cluster(made, name), base(made)]
    found = {"kubeadm/init.yaml": _dump(begin)}
    for node in made.nodes:
        if node is not first or len(made.control) > 1:
            found[f"kubeadm/join/{node.name}.yaml"] = _dump([kubeadm.join(made, node)])
    return found


def _kubelet(made: KubernetesDesign, section: Kubernetes) -> dict[str, str]:
    """kubeadm's patches by group, and the kernel's settings without which the kubelet does not start."""
    lines = "".join(f"{key} = {value}\n" for key, value in sorted(PROTECTED_SYSCTLS.items()))
    found = {
        "kubelet/90-kubelet.conf": f"# Written by rackwright: protectKernelDefaults asks for these.\n{lines}"
    }
    for group in made.groups:
        own = patch(group, section.alignment)
        if own:
            found[f"kubelet/{group.name}/kubeletconfiguration+merge.yaml"] = _dump([own])
    return found


def _api_server(made: KubernetesDesign, section: Kubernetes) -> dict[str, str]:
    form = "# A form: whoever writes it on a server puts the key in the place of its reference.\n"
    return {
        "apiserver/audit-policy.yaml": _dump([audit_policy()]),
        f"apiserver/{anonymous.FILE}": _dump([anonymous.authentication(made.line)]),
        "apiserver/encryption.form.yaml": form + _dump([encryption_form(section.encryption_key)]),
    }


def _dra(made: KubernetesDesign) -> dict[str, str]:
    known = classes(made)
    ours = [each.manifest() for each in known if each.ours]
    found = {"dra/device-classes.yaml": _dump(ours)} if ours else {}
    found["dra/expected-classes.txt"] = "".join(f"{each.name}\n" for each in known)
    for release in releases(made):
        found[f"dra/{VALUES[release.row]}-values.yaml"] = _dump([release.values])
    for group in made.groups:
        found[f"dra/expected/{group.name}.yaml"] = _dump([document(made, group, of_group(made, group))])
        for name, manifest in claims(made, group).items():
            found[f"dra/claims/{group.name}/{name}.yaml"] = _dump([manifest])
    return found


def _node(name: str, pods: str) -> Json:
    """For server-side apply: a Node's part of the pods' prefix is set once and never changes."""
    spec = {"podCIDR": pods, "podCIDRs": [pods]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec}


def _dump(documents: Iterable[Json]) -> str:
    many = list(documents)
    return yaml.dump_all(
        many, Dumper=yaml.CSafeDumper, sort_keys=False, explicit_start=len(many) > 1, width=10_000
    )
