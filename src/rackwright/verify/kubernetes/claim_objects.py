"""What a claim test makes: a namespace, a template for each group, a pod for each GPU node."""

from __future__ import annotations

from typing import Any

from rackwright.depot.load import load_table
from rackwright.dra.claims import claims
from rackwright.dra.device import API
from rackwright.errors import UsageError
from rackwright.locks import load_lock
from rackwright.models.kubernetes_design import GpuGroup, KubernetesDesign

Json = dict[str, Any]
PREFIX = "rackwright-verify-"
LABEL = "rackwright.dev/verify"
"""On namespaces of claim tests: those that a killed run left are found by it."""
PREFERRED = ("gpu-nic-pair", "gpu", "gpu-shared", "partition")
USER = 65535
"""Nobody; the pause image's own user."""


def image(lock: str) -> str:
    """The pause image of the lock's Kubernetes, as the depot serves it.

    :raises UsageError: the lock names no artifacts.
    """
    row = load_lock(lock).rows.get("kubernetes")
    if row is None or row.artifacts is None:
        raise UsageError(f"lock {lock} names no artifacts of Kubernetes: no image is known to start")
    return load_table(row.artifacts).images["pause"].name


def template(design: KubernetesDesign, group: GpuGroup) -> Json | None:
    """What is claimed on a group's nodes: a pair of GPU and NIC where there are pairs. None: no claim."""
    known = claims(design, group)
    # Of partitions the one with the first name: one of each is enough to see the driver serve.
    name = next((name for name in (*PREFERRED, *sorted(known)) if name in known), None)
    if name is None:
        return None
    made = known[name]
    spec = made["spec"] if made["kind"] == "ResourceClaimTemplate" else {"spec": made["spec"]}
    return {
        "apiVersion": API,
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": f"{group.name}-{name}"},
        "spec": spec,
    }


def namespace(run: str, controller: str) -> Json:
    """Restricted: what runs there needs no privilege."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": f"{PREFIX}{run}",
            "labels": {LABEL: controller, "pod-security.kubernetes.io/enforce": "restricted"},
        },
    }


def pod(node: str, template_name: str, pause: str) -> Json:
    """On this node and no other; by the scheduler, which alone allocates claims."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": node},
        "spec": {
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchFields": [
                    {"key": "metadata.name", "operator": "In", "values": [node]},
                ]}],
            }}},
            "automountServiceAccountToken": False,
            "containers": [{
                "name": "pause",
                "image": pause,
                "resources": {"claims": [{"name": "devices"}]},
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }],
            "enableServiceLinks": False,
            "resourceClaims": [{"name": "devices", "resourceClaimTemplateName": template_name}],
            "restartPolicy": "Never",
            "securityContext": {
                "runAsNonRoot": True, "runAsUser": USER, "seccompProfile": {"type": "RuntimeDefault"},
            },
            "terminationGracePeriodSeconds": 1,
            # A node that is drained or tainted is still to serve claims.
            "tolerations": [{"operator": "Exists"}],
        },
    }  # fmt: skip
