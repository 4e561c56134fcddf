"""Verify on a real API server: what it reads, what it finds wrong, and claims that it makes and takes away.

Skipped without ``$RACKWRIGHT_KUBERNETES_BIN``, as ``test_claims``. There is no kubelet: its hand is ``hand``.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.scheduler.control_plane import ControlPlane, binaries, running
from tests.scheduler.hand import PREFIX, Hand

from rackwright.dra.expected import slices
from rackwright.gpu_sharing.classes import classes
from rackwright.kube.api import connect
from rackwright.pipeline import plan
from rackwright.render.scheduler.seat import HOSTNAME, seats
from rackwright.render.wiring import Wiring
from rackwright.verify.kubernetes import claims, reading, verdicts
from rackwright.verify.kubernetes.drivers import drivers, gpu_nodes
from rackwright.verify.nodes import expectations

BIN = binaries()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(BIN is None, reason="no Kubernetes binaries: RACKWRIGHT_KUBERNETES_BIN"),
]
DRA = "/apis/resource.k8s.io/v1"
ONE, TWO = "gpu-su01-n01", "gpu-su01-n02"
HOST = {
    "driver_module": {
        "rc": 0,
        "out": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.03  R\n",
    }
}
CONTROLLERS = "resourceclaim-controller,namespace-controller,garbage-collector-controller"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    assert BIN is not None
    with running(
        ControlPlane(BIN, tmp_path_factory.mktemp("control-plane"), controllers=CONTROLLERS)
    ) as made:
        yield made


@pytest.fixture(scope="module")
def planned(api, tmp_path_factory):
    """The smallest cluster with Kubernetes, whose API is the one above, filled as designed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RACKWRIGHT_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("RW_KUBECONFIG", api.kubeconfig().read_text())
        found = plan("lab-kubernetes")
        access = found.spec.access.model_copy(update={"kubeconfig": "env:RW_KUBECONFIG"})
        found = replace(found, spec=found.spec.model_copy(update={"access": access}))
        fill(api, found.design)
        yield found


def fill(api, design):
    made = design.kubernetes
    labels = {seat.server: seat.labels() for seat in seats(design, Wiring.of(design))}
    for node in made.nodes:
        meta = {"name": node.name, "labels": {**labels[node.name], HOSTNAME: node.name}}
        api.ask(
            "POST",
            "/api/v1/nodes",
            {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": {"podCIDR": node.pods}},
        )
        live = api.ask("GET", f"/api/v1/nodes/{node.name}")
        room = {"cpu": "200", "memory": "2000Gi", "pods": "110"}
        live["status"] = {
            "capacity": room,
            "allocatable": room,
            "conditions": [{"type": "Ready", "status": "True", "reason": "T", "message": ""}],
            "nodeInfo": {**live["status"]["nodeInfo"], "kubeletVersion": f"v{made.release}"},
        }
        api.ask("PUT", f"/api/v1/nodes/{node.name}/status", live)
    for name, group in gpu_nodes(made):
        for part in slices(made, name, group):
            api.ask("POST", f"{DRA}/resourceslices", part)
    for each in classes(made):
        api.ask("POST", f"{DRA}/deviceclasses", each.manifest())
    for driver in drivers(made):
        plugin(api, driver, [name for name, _ in gpu_nodes(made)])


def plugin(api, driver, nodes):
    """The driver's DaemonSet and its pods; no controller makes them."""
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": driver.namespace}}
    api.ask("POST", "/api/v1/namespaces", space)
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i"}], "tolerations": [{"operator": "Exists"}]},
    }
    body = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "plugin"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    own = api.ask("POST", f"/apis/apps/v1/namespaces/{driver.namespace}/daemonsets", body)["metadata"]["uid"]
    for node in nodes:
        owner = {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "name": "plugin",
            "uid": own,
            "controller": True,
        }
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": node, "labels": {"a": "b"}, "ownerReferences": [owner]},
            "spec": {**template["spec"], "nodeName": node},
        }
        path = f"/api/v1/namespaces/{driver.namespace}/pods"
        live = api.ask("POST", path, pod)
        live["status"] |= {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        api.ask("PUT", f"{path}/{node}/status", live)


def wrong(planned, attempt=None):
    """(check, place, found) of what does not pass, less what needs a kubelet."""
    seen = asyncio.run(reading.read(planned))
    answers = {ONE: HOST, TWO: HOST}
    found = verdicts.verdicts(planned, seen, expectations(planned), answers, attempt)
    return [
        (each.check, each.device, each.found)
        for each in found
        if each.outcome != "pass" and each.check != "kubelet in force"
    ]


def test_as_designed_nothing_is_wrong(planned):
    assert wrong(planned) == []


def test_without_a_kubelet_its_settings_are_a_failure(planned):
    seen = asyncio.run(reading.read(planned))
    assert all(isinstance(text, str) and text for text in seen.kubelets.values())


@pytest.mark.parametrize("fault", ["label", "slice", "class", "plugin"])
def test_what_is_changed_is_found(api, planned, fault):
    kind = {"label": f"/api/v1/nodes/{TWO}", "slice": f"{DRA}/resourceslices/{ONE}-gpu.nvidia.com-0"}
    kind |= {"class": f"{DRA}/deviceclasses/dranet", "plugin": f"/api/v1/namespaces/dranet/pods/{ONE}/status"}
    before = api.ask("GET", kind[fault])
    live = api.ask("GET", kind[fault])
    if fault == "label":
        live["metadata"]["labels"]["rackwright.dev/rack"] = "r99"
    elif fault == "slice":
        live["spec"]["devices"] = live["spec"]["devices"][1:]
    elif fault == "class":
        live["spec"]["selectors"][0]["cel"]["expression"] = "true"
    else:
        live["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    api.ask("PUT", kind[fault], live)
    try:
        [(check, place, found)] = wrong(planned)
    finally:
        again = api.ask("GET", kind[fault])
        before["metadata"]["resourceVersion"] = again["metadata"]["resourceVersion"]
        api.ask("PUT", kind[fault], before)
    expected = {
        "label": ("labels", TWO, "rackwright.dev/rack=r99"),
        "slice": ("devices gpu.nvidia.com", ONE, "7 devices; no gpu-0"),
        "class": ("DeviceClass dranet", "control-01", "true"),
        "plugin": (
            "DRA plugin dra.net",
            ONE,
            f"{ONE} is Running and not ready; DaemonSet plugin wants 0 pods, 0 ready",
        ),
    }
    assert (check, place, found) == expected[fault]
    assert wrong(planned) == []


def attempt(planned, seconds):
    seen = asyncio.run(reading.read(planned))
    return asyncio.run(claims.attempt(planned, seen, seconds))


def left(api):
    names = [each["metadata"]["name"] for each in api.ask("GET", "/api/v1/namespaces")["items"]]
    return [name for name in names if name.startswith(PREFIX)]


def test_a_claim_is_served_on_each_node_and_nothing_is_left(api, planned):
    with Hand(api):
        found = attempt(planned, 60)
    assert {name: tried.outcome for name, tried in found.nodes.items()} == {ONE: "pass", TWO: "pass"}, found
    assert "gpu gpu-" in found.nodes[ONE].found
    assert "nic " in found.nodes[ONE].found
    assert found.left is None
    assert left(api) == []
    assert api.ask("GET", f"{DRA}/resourceclaims")["items"] == []
    assert wrong(planned, found) == []


def test_a_pod_that_does_not_start_is_a_failure_with_its_reason(api, planned):
    with Hand(api, "warn"):
        found = attempt(planned, 6)
    assert {tried.outcome for tried in found.nodes.values()} == {"fail"}
    assert (
        "FailedPrepareDynamicResources: DRA driver gpu.nvidia.com is not registered" in found.nodes[ONE].found
    )
    assert left(api) == []


def test_a_claim_that_no_device_fits_is_a_failure(api, planned):
    path = f"{DRA}/resourceslices/{TWO}-dra.net-0"
    live = api.ask("GET", path)
    kept = [dict(each) for each in live["spec"]["devices"]]
    live["spec"]["devices"] = [
        {
            **each,
            "attributes": {**each["attributes"], "resource.kubernetes.io/pcieRoot": {"string": "pci0009:00"}},
        }
        for each in kept
    ]
    api.ask("PUT", path, live)
    try:
        with Hand(api):
            found = attempt(planned, 8)
    finally:
        live = api.ask("GET", path)
        live["spec"]["devices"] = kept
        api.ask("PUT", path, live)
    assert found.nodes[ONE].outcome == "pass"
    assert found.nodes[TWO].outcome == "fail"
    assert found.nodes[TWO].found.startswith("not scheduled in 8 s")


def test_what_a_killed_run_left_is_taken_away_and_anothers_is_not(api, planned):
    own = claims.controller(planned.design.kubernetes.domain + planned.design.name)
    for name, whose in ((f"{PREFIX}killed", own), (f"{PREFIX}other", "f" * 16)):
        meta = {"name": name, "labels": {"rackwright.dev/verify": whose}}
        api.ask("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})

    async def sweep():
        async with connect(reading.ways_in(planned)) as way:
            return await claims.sweep(way, own)

    assert asyncio.run(sweep()) == [f"{PREFIX}killed"]
    api.ask("DELETE", f"/api/v1/namespaces/{PREFIX}other")


def test_gpus_that_are_all_in_use_are_not_claimed(api, planned):
    held = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": "held"},
        "spec": {"devices": {"requests": [
            {"name": "r", "exactly": {"deviceClassName": "gpu.nvidia.com", "allocationMode": "All"}},
        ]}},
    }  # fmt: skip
    live = api.ask("POST", f"{DRA}/namespaces/default/resourceclaims", held)
    results = [
        {"request": "r", "driver": "gpu.nvidia.com", "pool": ONE, "device": f"gpu-{n}"} for n in range(8)
    ]
    live["status"] = {"allocation": {"devices": {"results": results}}}
    path = f"{DRA}/namespaces/default/resourceclaims/held"
    api.ask("PUT", f"{path}/status", live)
    try:
        with Hand(api):
            found = attempt(planned, 30)
    finally:
        live = api.ask("GET", path)
        live["metadata"]["finalizers"] = []
        api.ask("PUT", path, live)
        api.ask("DELETE", path)
    assert (found.nodes[ONE].outcome, found.nodes[ONE].due) == ("not measured", False)
    assert found.nodes[ONE].found == "all 8 devices of gpu.nvidia.com are in use"
    assert found.nodes[TWO].outcome == "pass"


def test_an_api_server_that_is_away_is_a_failure(planned, monkeypatch):
    monkeypatch.setenv("RW_KUBECONFIG", NOBODY)
    monkeypatch.setattr(reading, "PATIENCE_SECONDS", 1.0)
    [first, *rest] = wrong(planned)
    assert first[:2] == ("API", "control-01")
    assert {found for _, _, found in rest} == {"the API was not read"}


NOBODY = (
    '{"current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],'
    '"clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:9"}}],"users":[{"name":"u","user":{"token":"t"}}]}'
)
