"""The Manifest on a real kube-apiserver with etcd; skipped where there are none."""

from __future__ import annotations

import json
import time

import pytest
from real_objects import CONFIG, CRD, DEPLOYMENT, SECRET, SELECTORS, SPACE, WIDGET, Site

from rackwright.errors import UsageError, WorldRefused
from rackwright.kube.device_classes import manifests


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
