"""Devices that are taken out of use, and GPUs asked for by number; on a real API server and scheduler."""

from __future__ import annotations

import time

import pytest
from tests.scheduler.control_plane import ControlPlane, binaries, running
from tests.scheduler.test_claims import DRA, NODES, allocated, cluster, pods, settled  # noqa: F401 - a fixture

BIN = binaries()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BIN is None, reason="no Kubernetes binaries: RACKWRIGHT_KUBERNETES_BIN"),
]
TAINT = {"key": "gpu.nvidia.com/xid", "value": "79", "effect": "NoSchedule"}
"""As NVIDIA's driver writes it for a GPU that fell off the bus (gate NVMLDeviceHealthCheck)."""
LOST = (NODES[0], "gpu-3")


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with running(ControlPlane(BIN, tmp_path_factory.mktemp("devices"))) as made:
        yield made


def taint(api, taints):
    """Of one GPU, as the driver's plugin publishes it; whether there was one."""
    for each in api.ask("GET", f"{DRA}/resourceslices")["items"]:
        devices = each["spec"].get("devices", [])
        mine = [device for device in devices if (each["spec"]["pool"]["name"], device["name"]) == LOST]
        if mine:
            mine[0]["taints"] = taints
            api.ask("PUT", f"{DRA}/resourceslices/{each['metadata']['name']}", each)
            return True
    return False


def test_a_tainted_gpu_is_not_used_until_it_is_well(api, cluster):  # noqa: F811
    cluster()
    assert taint(api, [TAINT])
    pods(api, "gpu-nic-pair", 16)
    found = settled(api, 15)
    assert len(found) == 15
    assert LOST not in [pair["gpu"] for pair in found]
    assert taint(api, [])
    assert LOST in [pair["gpu"] for pair in allocated(api, 16)]


def numbered(api, count, gpus):
    """Pods that ask for GPUs as they did of the device plugin."""
    for number in range(count):
        resources = {"limits": {"nvidia.com/gpu": str(gpus)}}
        spec = {"containers": [{"name": "c", "image": "none", "resources": resources}]}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"plain-{number:02d}"}, "spec": spec}
        api.ask("POST", "/api/v1/namespaces/default/pods", body)


@pytest.mark.parametrize(("gpus", "asked", "fit"), [(1, 17, 16), (8, 3, 2)])
def test_gpus_by_number_are_devices_of_the_design(api, cluster, gpus, asked, fit):  # noqa: F811
    """``nvidia.com/gpu: 1``: the scheduler itself makes the claim, and the last pod waits."""
    cluster()
    numbered(api, asked, gpus)
    end = time.monotonic() + 90
    while len(claims(api)) < fit and time.monotonic() < end:
        time.sleep(0.5)
    time.sleep(4)
    found = claims(api)
    assert len(found) == fit
    devices = [
        (row["pool"], row["device"])
        for claim in found
        for row in claim["status"]["allocation"]["devices"]["results"]
    ]
    assert len(devices) == len(set(devices)) == 16
    assert all(
        "resource.kubernetes.io/extended-resource-claim" in claim["metadata"]["annotations"]
        for claim in found
    )
    waiting = api.ask("GET", "/api/v1/namespaces/default/pods?fieldSelector=spec.nodeName=")["items"]
    assert len(waiting) == 1


def claims(api):
    """Claims that have devices."""
    items = api.ask("GET", f"{DRA}/namespaces/default/resourceclaims")["items"]
    return [item for item in items if item.get("status", {}).get("allocation")]
