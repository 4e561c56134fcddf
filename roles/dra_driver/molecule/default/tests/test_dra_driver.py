"""The drivers' objects in a cluster of one control-plane server, each field owned by one manager."""

from __future__ import annotations

import json
from typing import Any

import pytest
from testinfra.host import Host

KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"


def get(host: Host, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        host.check_output(f"{KUBECTL} get {what} -o json --show-managed-fields")
    )["items"]
    return found


@pytest.mark.parametrize("namespace", ["dra-driver-nvidia-gpu", "dranet"])
def test_a_daemonset_waits_for_nodes(host: Host, namespace: str) -> None:
    [found] = get(host, f"daemonsets -n {namespace}")
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"]
    assert found["status"]["desiredNumberScheduled"] == 0


def test_every_class_has_one_owner(host: Host) -> None:
    classes = get(host, "deviceclasses")
    assert {each["metadata"]["name"] for each in classes} == {"dranet", "gpu.nvidia.com", "mig.nvidia.com"}
    for each in classes:
        assert {one["manager"] for one in each["metadata"]["managedFields"]} == {"rackwright-dra"}
