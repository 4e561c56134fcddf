"""Cilium: values for its chart, for sites that want it in the place of bridge and kube-proxy.

Native routing: leaves and nodes route pods as they do for ``cni: routed``, each node's part is the Node's own
(``ipam: kubernetes``), and nothing is wrapped or masqueraded inside the site. Names as in the chart's values
(https://docs.cilium.io/en/stable/helm-reference/).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rackwright.models.kubernetes_design import API_PORT, KubernetesDesign

Json = dict[str, Any]
LIMIT = "cni cilium: the site deploys the chart with these values; the depot has no images of it"


def values(design: KubernetesDesign, ports: Iterable[str]) -> Json:
    """For ``helm install cilium cilium/cilium -n kube-system -f values.yaml``.

    :param ports: the nodes' ports on the plane that carries pods; no program is attached to any other.
    """
    return {
        "autoDirectNodeRoutes": False,
        "devices": sorted(set(ports)),
        "enableIPv4Masquerade": False,
        # Its chart would make a private key with each rendering: another text every time, and a secret in it.
        "hubble": {"enabled": False},
        "ipam": {"mode": "kubernetes"},
        "ipv4NativeRoutingCIDR": design.pods,
        "k8sServiceHost": design.host,
        "k8sServicePort": API_PORT,
        "kubeProxyReplacement": True,
        "operator": {"replicas": min(2, len(design.nodes))},
        "routingMode": "native",
    }
