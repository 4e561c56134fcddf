"""Audit: which requests the API server writes down, and how much of them (audit.k8s.io/v1).

Rules are tried in order. Secrets are never written with their content; what reads without changing and comes
from the machinery itself is left out; what hands devices out is written whole, since it says who had a GPU.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_MACHINERY = ["system:nodes", "system:serviceaccounts:kube-system"]


def audit_policy() -> Json:
    """CIS Kubernetes Benchmark 3.2: a policy that covers secrets, tokens and changes."""
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "omitManagedFields": True,
        "rules": [
            _rule("None", nonResourceURLs=["/healthz*", "/livez*", "/readyz*", "/version"]),
            _rule("None", resources=[_of("coordination.k8s.io", "leases")]),
            _rule("None", resources=[_of("", "events"), _of("events.k8s.io", "events")]),
            _rule("None", verbs=["get", "list", "watch"], userGroups=_MACHINERY),
            _rule(
                "Metadata",
                resources=[
                    _of("", "secrets", "configmaps", "serviceaccounts/token"),
                    _of("authentication.k8s.io", "tokenreviews"),
                    _of("certificates.k8s.io", "certificatesigningrequests"),
                ],
            ),
            _rule(
                "RequestResponse",
                verbs=["create", "update", "patch", "delete"],
                resources=[_of("resource.k8s.io", "resourceclaims", "deviceclasses", "devicetaintrules")],
            ),
            _rule("Request", verbs=["create", "update", "patch", "delete", "deletecollection"]),
            _rule("Metadata"),
        ],
    }


def _rule(level: str, **match: Any) -> Json:  # noqa: ANN401 (lists of names or of resources)
    return {"level": level, **match}


def _of(group: str, *resources: str) -> Json:
    return {"group": group, "resources": list(resources)}
