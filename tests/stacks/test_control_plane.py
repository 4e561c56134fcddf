"""The Manifest and the platform stack on a real kube-apiserver with etcd; skipped where there are none."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from control_plane import ControlPlane, need_binaries

from rackwright.engine import stack
from rackwright.errors import UsageError, WorldRefused
from rackwright.kube.device_classes import manifests
from rackwright.paths import home
from rackwright.resources.handler import Observed
from rackwright.resources.manifest import ManifestHandler
from rackwright.resources.nodes import NodesHandler
from rackwright.up.shards import folder

SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "c", "namespace": "a"},
    "data": {"x": "1", "y": "2"},
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "a"}, "type": "Opaque"}
DEPLOYMENT = yaml.safe_load("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: a}
spec:
  replicas: 2
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      containers:
        - name: one
          image: example.org/one:1
          ports: [{containerPort: 80}]
          resources: {limits: {cpu: 1000m, memory: 1024Mi}}
        - {name: two, image: "example.org/two:1"}
""")
CRD = yaml.safe_load("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: {size: {type: integer}, colour: {type: string, default: green}}
""")
WIDGET = {
    "apiVersion": "example.org/v1",
    "kind": "Widget",
    "metadata": {"name": "w", "namespace": "a"},
    "spec": {"size": 3},
}
MERGE = "application/merge-patch+json"
SELECTORS = "/apis/resource.k8s.io/v1/deviceclasses/gpu.nvidia.com"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    need_binaries()
    with ControlPlane(tmp_path_factory.mktemp("plane")) as running:
        yield running


@pytest.fixture
def site(plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "state"))
    return Site(plane, tmp_path)


class Site:
    """The life of manifests in the real cluster."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.plane, self.folder, self.told = plane, folder, list[str]()
        self.file = folder / "cluster.yaml"
        text = (home() / "inventories" / "lab" / "cluster.yaml").read_text()
        self.file.write_text(text + "access: {kubeconfig: file:kubeconfig}\n")
        (folder / "kubeconfig").write_text(plane.kubeconfig())
        access = {"kubeconfig": "file:kubeconfig"}
        self.ways_in = {"site": {"cluster": "lab", "file": str(self.file)}, "access": access}

    def inputs(self, manifest: Any, **more: Any) -> dict[str, Any]:
        return {**self.ways_in, "object": manifest, "timeout": 20, **more}

    def apply(self, manifest: Any, old: Observed | None = None, **more: Any) -> Observed:
        return asyncio.run(ManifestHandler().apply(self.inputs(manifest, **more), old, self.told.append))

    def read(self, manifest: Any, **more: Any) -> Observed | None:
        return asyncio.run(ManifestHandler().read("", self.inputs(manifest, **more)))

    def drift(self, manifest: Any, **more: Any) -> list[str]:
        found = self.read(manifest, **more)
        assert found is not None
        return list(found.inputs.get("drift") or [])

    def delete(self, manifest: Any, **more: Any) -> None:
        asyncio.run(ManifestHandler().delete("", self.inputs(manifest, **more), self.told.append))


def test_defaults_and_normal_forms_are_no_drift_and_edits_are(site: Site) -> None:
    site.apply(SPACE)
    site.apply(DEPLOYMENT)
    assert site.drift(DEPLOYMENT) == []
    path = "/apis/apps/v1/namespaces/a/deployments/d"
    patch = [{"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "evil:1"}]
    site.plane.ask("PATCH", f"{path}?fieldManager=kubectl-edit", patch, "application/json-patch+json")
    site.plane.edit(path, {"metadata": {"annotations": {"note": "of others"}}})
    assert site.drift(DEPLOYMENT) == [
        'spec.template.spec.containers[name=two].image: found "evil:1", expected "example.org/two:1"'
    ]
    with pytest.raises(WorldRefused, match=r'conflict: manager "kubectl-edit" holds .*image'):
        site.apply(DEPLOYMENT)
    site.apply(DEPLOYMENT, force=True)
    assert site.drift(DEPLOYMENT) == []
    assert site.plane.ask("GET", path)["metadata"]["annotations"]["note"] == "of others"


def test_pruned_kept_shared_and_deleted(site: Site) -> None:
    site.apply(SPACE)
    old = site.apply(CONFIG)
    site.plane.edit("/api/v1/namespaces/a/configmaps/c", {"data": {"z": "3"}})
    site.apply({**CONFIG, "data": {"x": "1"}}, old)
    assert site.plane.ask("GET", "/api/v1/namespaces/a/configmaps/c")["data"] == {"x": "1", "z": "3"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {"unit": "su01"}}}
    with pytest.raises(WorldRefused, match="is not there"):
        site.apply(node, shared=True)
    bare = {**node, "metadata": {"name": "n1", "labels": {"own": "x"}}}
    site.plane.ask("POST", "/api/v1/nodes", bare)
    site.apply(node, shared=True)
    site.delete(node, shared=True)
    assert site.plane.ask("GET", "/api/v1/nodes/n1")["metadata"]["labels"] == {"own": "x"}
    site.plane.ask("DELETE", "/api/v1/nodes/n1")
    site.delete(node, shared=True)  # must not be made anew by the withdrawal
    assert site.plane.ask("GET", "/api/v1/nodes/n1") is None
    site.delete({**CONFIG, "data": {"x": "1"}})
    assert site.plane.ask("GET", "/api/v1/namespaces/a/configmaps/c") is None


def test_a_crd_then_its_objects_and_back(site: Site) -> None:
    site.apply(SPACE)
    begun = time.monotonic()
    site.apply(CRD)
    site.apply(WIDGET)
    assert time.monotonic() - begun < 15
    live = site.plane.ask("GET", "/apis/example.org/v1/namespaces/a/widgets/w")
    assert live["spec"] == {"size": 3, "colour": "green"}
    assert site.drift(WIDGET) == []
    with pytest.raises(WorldRefused, match=r"1 objects of its kind are left: a/w"):
        site.delete(CRD)
    begun = time.monotonic()
    with pytest.raises(WorldRefused, match=r"spec.sise: field not declared in schema .*misspelt field"):
        site.apply({**WIDGET, "spec": {"sise": 3}})
    assert time.monotonic() - begun < 5  # not asked again and again
    site.delete(WIDGET, timeout=90)  # the garbage collector learns of a new kind every half minute
    site.delete(CRD)
    assert site.read(WIDGET) is None
    site.delete(WIDGET)  # not even its kind is there
    assert site.told[-1] == "is gone already"


def test_device_classes_with_the_extended_resource(site: Site) -> None:
    for each in manifests({"nvidia", "amd", "rdma"}):
        site.apply(each)
        assert site.drift(each) == []
    gpu = next(each for each in manifests({"nvidia"}) if "extendedResourceName" in each["spec"])
    site.plane.edit(SELECTORS, {"spec": {"extendedResourceName": "other.com/gpu"}}, "helm")
    assert site.drift(gpu) == ['spec.extendedResourceName: found "other.com/gpu", expected "nvidia.com/gpu"']
    with pytest.raises(WorldRefused, match=r'manager "helm" holds .spec.extendedResourceName'):
        site.apply(gpu)
    wrong = {**gpu, "metadata": {"name": "x"}, "spec": {"selectors": [{"cel": {"expression": "device."}}]}}
    with pytest.raises(WorldRefused, match=r"422 Invalid"):
        site.apply(wrong)


def test_what_another_applies_too_outlives_our_delete(site: Site) -> None:
    (amd,) = manifests({"amd"})
    amd = {**amd, "metadata": {"name": "both.example.org"}}
    path = "/apis/resource.k8s.io/v1/deviceclasses/both.example.org"
    site.plane.ask("POST", "/apis/resource.k8s.io/v1/deviceclasses?fieldManager=helm", amd)
    site.apply(amd)
    site.delete(amd)
    assert "helm declares it too" in site.told[-1]
    assert [each["manager"] for each in site.plane.ask("GET", path)["metadata"]["managedFields"]] == ["helm"]


def test_a_secret_reaches_the_server_and_no_text(site: Site) -> None:
    (site.folder / "password").write_text("canary-4711")
    values = {"password": "file:password"}
    site.apply(SPACE)
    made = site.apply(SECRET, values=values)
    path = "/api/v1/namespaces/a/secrets/s"
    assert site.plane.ask("GET", path)["data"] == {"password": "Y2FuYXJ5LTQ3MTE="}
    site.plane.edit(path, {"data": {"password": "Y2FuYXJ5LTA4MTU="}})
    found = site.drift(SECRET, values=values)
    with pytest.raises(WorldRefused, match="kubectl-edit") as caught:
        site.apply(SECRET, values=values)
    said = json.dumps([made.inputs, made.outputs, found, site.told, str(caught.value)])
    assert all(text not in said for text in ("canary", "Y2FuYXJ5"))
    assert found[0].startswith("data.password: found digest ")
    site.apply(SECRET, values=values, force=True)
    assert site.drift(SECRET, values=values) == []


def test_dependents_go_first_and_a_namespace_with_all_in_it(site: Site) -> None:
    if not site.plane.controllers:
        pytest.skip("not found: kube-controller-manager")
    site.apply(SPACE)
    site.apply(DEPLOYMENT, force=True)
    owned = "/apis/apps/v1/namespaces/a/replicasets"
    end = time.monotonic() + 20
    while not site.plane.ask("GET", owned)["items"]:
        assert time.monotonic() < end, "no ReplicaSet"
        time.sleep(0.2)
    site.delete(DEPLOYMENT)
    assert site.plane.ask("GET", owned)["items"] == []
    site.apply(CONFIG)
    site.delete(SPACE)
    assert site.plane.ask("GET", "/api/v1/namespaces/a") is None
    site.apply(SPACE)
    site.apply(CONFIG)
    held = {"metadata": {"finalizers": ["example.org/keep"]}}
    site.plane.edit("/api/v1/namespaces/a/configmaps/c", held)
    with pytest.raises(WorldRefused, match=r"still there; finalizers: kubernetes; .*example.org/keep"):
        site.delete(SPACE, timeout=10)
    site.plane.edit("/api/v1/namespaces/a/configmaps/c", {"metadata": {"finalizers": None}})
    site.apply(SPACE)  # waits until the old one is gone
    assert site.plane.ask("GET", "/api/v1/namespaces/a")["status"]["phase"] == "Active"


def test_a_server_that_is_killed_in_the_middle_is_waited_for(site: Site) -> None:
    site.apply(SPACE)
    many = [{**CONFIG, "metadata": {"name": f"m{number}", "namespace": "a"}} for number in range(200)]

    async def all_at_once() -> None:
        handler, places = ManifestHandler(), asyncio.Semaphore(64)

        async def one(manifest: Any) -> None:
            async with places:
                await handler.apply(site.inputs(manifest), None, site.told.append)

        await asyncio.gather(*map(one, many))

    def interrupt() -> None:
        while len(site.told) < 20:
            time.sleep(0.01)
        site.plane.kill_server()
        time.sleep(1)
        site.plane.start_server()

    interruption = threading.Thread(target=interrupt)
    interruption.start()
    asyncio.run(all_at_once())
    interruption.join()
    assert site.told.count("created") < 201  # some were begun before, and found again
    listed = site.plane.ask("GET", "/api/v1/namespaces/a/configmaps")["items"]
    assert {each["metadata"]["name"] for each in listed} >= {each["metadata"]["name"] for each in many}
    assert all(each["data"] == CONFIG["data"] for each in listed if each["metadata"]["name"][0] == "m")


def test_a_wrong_way_in_is_told_at_once(site: Site) -> None:
    config = json.loads(site.plane.kubeconfig())
    begun = time.monotonic()
    path = site.folder / "kubeconfig"
    user = config["users"][0]["user"]
    config["users"][0]["user"] = {"token": "nobody"}
    path.write_text(json.dumps(config))
    with pytest.raises(WorldRefused, match=r"401 Unauthorized\); is the kubeconfig's login still valid"):
        site.apply(SPACE)
    config["users"][0]["user"] = user
    config["clusters"][0]["cluster"]["certificate-authority-data"] = user["client-certificate-data"]
    path.write_text(json.dumps(config))
    with pytest.raises(WorldRefused, match=r"https://127.0.0.1:\d+: connect: TLS: .*does access.kubeconfig"):
        site.apply(SPACE)
    config["clusters"][0]["cluster"]["certificate-authority-data"] = "bm8gY2VydGlmaWNhdGU="
    path.write_text(json.dumps(config))
    with pytest.raises(UsageError, match="file:kubeconfig: cannot be used"):
        site.apply(SPACE)
    assert time.monotonic() - begun < 10


def test_nodes_with_labels_and_readiness(site: Site) -> None:
    for name in ("n1", "n2"):
        bare = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"own": "x"}}}
        site.plane.ask("POST", "/api/v1/nodes", bare)
        ready = {"type": "Ready", "status": "True" if name == "n1" else "False", "reason": "Test"}
        site.plane.ask("PATCH", f"/api/v1/nodes/{name}/status", {"status": {"conditions": [ready]}}, MERGE)
    inputs = {
        **site.ways_in,
        "name": "su01",
        "nodes": {n: {"unit": "su01"} for n in ("n1", "n2")},
        "timeout": 1,
    }
    with pytest.raises(WorldRefused, match=r"n2: condition Ready: found False \(Test\), expected True"):
        asyncio.run(NodesHandler().apply(inputs, None, site.told.append))
    assert site.plane.ask("GET", "/api/v1/nodes/n1")["metadata"]["labels"] == {"own": "x", "unit": "su01"}
    found = asyncio.run(NodesHandler().read("", inputs))
    assert found is not None
    assert found.outputs == {"ready": 1, "version": "v1.37.2"}
    asyncio.run(NodesHandler().delete("", inputs, site.told.append))
    assert site.plane.ask("GET", "/api/v1/nodes/n1")["metadata"]["labels"] == {"own": "x"}


def test_the_platform_stack_up_twice_refresh_and_destroy(site: Site) -> None:
    """With Kueue's CRDs there and the others' not."""
    for kind, plural in (("Topology", "topologies"), ("ResourceFlavor", "resourceflavors")):
        site.apply(kueue(kind, plural))
    nodes = [f"gpu-su01-n{number:02}" for number in range(1, 5)] + ["control-01"]
    for name in nodes:
        site.plane.ask("POST", "/api/v1/nodes", {"metadata": {"name": name}})
        ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        site.plane.ask("PATCH", f"/api/v1/nodes/{name}/status", ready, MERGE)
    site.plane.edit(SELECTORS, {"spec": {"extendedResourceName": "nvidia.com/gpu"}}, "helm")

    def run(act: str, **more: Any) -> Any:
        config = {"rackwright:cluster": str(site.file), "rackwright:shard": "kubernetes"}
        state = site.folder / "engine"
        return stack.run(
            act, folder("platform"), "lab.kubernetes", config, state_dir=state, timeout=120, **more
        )

    events: list[Any] = []
    first = run("up", on_event=events.append)
    assert first.exit_code == 0, (first, events)
    told = [event["text"] for event in events if event["event"] == "progress"]
    assert "not applied: kai.scheduler/v1alpha1 Topology is not served: no API group kai.scheduler" in told
    assert set(run("up").counts) == {"same"}
    assert run("refresh", expect_no_changes=True).exit_code == 0
    flavours = site.plane.ask("GET", "/apis/kueue.x-k8s.io/v1beta2/resourceflavors")["items"]
    assert [each["spec"]["topologyName"] for each in flavours] == ["lab"]
    site.plane.edit("/apis/kueue.x-k8s.io/v1beta2/resourceflavors/lab-gpu", {"spec": {"topologyName": "x"}})
    assert run("refresh", expect_no_changes=True).exit_code == 1
    assert run("up").counts["update"] == 1
    assert run("refresh", expect_no_changes=True).exit_code == 0
    assert run("destroy").exit_code == 0
    assert site.plane.ask("GET", "/apis/kueue.x-k8s.io/v1beta2/topologies")["items"] == []
    assert "labels" not in site.plane.ask("GET", f"/api/v1/nodes/{nodes[0]}")["metadata"]


def kueue(kind: str, plural: str) -> Any:
    """A CRD in the place of Kueue's, without its schema."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1beta2", "served": True, "storage": True, "schema": {"openAPIV3Schema": anything}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.kueue.x-k8s.io"},
        "spec": {"group": "kueue.x-k8s.io", "scope": "Cluster", "names": names, "versions": [version]},
    }
