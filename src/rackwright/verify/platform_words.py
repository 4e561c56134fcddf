"""Causes of what is wrong with containers and Kubernetes, in words."""

from __future__ import annotations

from rackwright.verify.checks.certificates import EXPIRED
from rackwright.verify.model import Verdict

CAUSES = {
    "API": "API server does not answer",
    "CDI file": "CDI file differs",
    "claim": "claim is not served",
    "claims withdrawn": "claims are left",
    "containerd configuration": "containerd is configured otherwise",
    "containerd runs": "containerd is down",
    "etcd alarms": "etcd alarm",
    "etcd health": "etcd does not serve",
    "etcd leader": "etcd has no leader",
    "etcd size": "etcd's database fills up",
    "extra nodes": "node that nobody designed",
    "kubelet configuration": "kubelet is configured otherwise",
    "kubelet in force": "kubelet runs with other settings",
    "kubelet runs": "kubelet is down",
    "kubelet version": "another kubelet",
    "labels": "labels differ",
    "labels nested": "labels differ",
    "node ready": "node is not ready",
    "pod prefix": "another part of the pods' prefix",
}
CERTIFICATES = (
    (EXPIRED, "certificate has expired"),
    ("no ", "certificate is missing"),
    ("not valid", "certificate is not valid yet"),
)
"""By how what was found begins, the gravest first."""
STARTS = {
    "DRA plugin ": "DRA plugin does not run",
    "DeviceClass ": "DeviceClass differs",
    "attributes ": "ResourceSlice differs",
    "devices ": "ResourceSlice differs",
    "driver version ": "ResourceSlice of another driver",
    "taints ": "device is tainted",
}
"""By how a check's name begins."""


def cause(group: list[Verdict]) -> str | None:
    """What one fault is called; None: it is not of this part."""
    first = group[0]
    if first.check.startswith("certificate "):
        found = [verdict.found for verdict in group]
        known = (words for start, words in CERTIFICATES if any(text.startswith(start) for text in found))
        return next(known, "certificate runs out")
    if first.check == "kubelet in force" and first.expected.startswith("answers"):
        return "kubelet does not answer the API server"
    named = next((words for start, words in STARTS.items() if first.check.startswith(start)), None)
    return named or CAUSES.get(first.check)
