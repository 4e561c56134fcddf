"""Anonymous requests: to the API server's health alone, which probes and load balancers ask without a name.

CIS Kubernetes Benchmark 1.2.1 wants none; without these three paths kubeadm's liveness probe would end the
API server. Joining servers need no more: they read the cluster's certificate from a file, over SSH.
"""

from __future__ import annotations

from typing import Any

from rackwright.locks.versions import Version

Json = dict[str, Any]
FILE = "authentication.yaml"
PATHS = ("/livez", "/readyz", "/healthz")
FIRST_V1 = "1.34"
"""https://kubernetes.io/docs/reference/access-authn-authz/authentication/"""


def authentication(line: str) -> Json:
    """AuthenticationConfiguration of a minor release."""
    version = "v1" if Version(line) >= Version(FIRST_V1) else "v1beta1"
    return {
        "apiVersion": f"apiserver.config.k8s.io/{version}",
        "kind": "AuthenticationConfiguration",
        "anonymous": {"enabled": True, "conditions": [{"path": path} for path in PATHS]},
    }
