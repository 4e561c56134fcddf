"""The Manifest against a fake API server: what is sent, what is drift, what is refused, what is left."""

from __future__ import annotations

import json

import pytest

from rackwright.errors import WorldRefused
from rackwright.kube import values
from rackwright.resources.handler import Diff
from rackwright.resources.manifest import ManifestHandler

from .objects import CONFIG, CRD, GPU, SECRET, SPACE, WIDGET, spec


def test_a_life(api, life):
    made = life.apply(GPU)
    assert (made.id, made.outputs["applied"]) == ("resource.k8s.io/DeviceClass/-/gpu.nvidia.com", True)
    assert made.inputs == life.inputs(GPU)
    assert api.world.get("DeviceClass", "gpu.nvidia.com")["spec"] == GPU["spec"]
    life.apply(GPU)
    assert life.told == ["created", "is as declared already"]
    assert life.read(GPU) == made
    life.delete(GPU)
    assert life.read(GPU) is None
    life.delete(GPU)
    assert life.told[2:] == ["waiting for its end; finalizers: none", "deleted", "is gone already"]


def test_defaults_of_the_server_and_fields_of_others_are_no_drift(api, life):
    api.world.defaults["DeviceClass"] = {"spec": {"suitable": "everywhere"}}
    made = life.apply(GPU)
    api.world.edit("DeviceClass", "gpu.nvidia.com", ("metadata", "labels"), {"team": "x"})
    assert life.read(GPU) == made


def test_what_others_write_while_we_look_is_no_drift(api, life):
    made = life.apply(GPU)
    api.world.busy = 2
    assert life.read(GPU) == made
    assert api.world.busy == 0


def test_a_field_that_is_changed_back_at_once_is_told(api, life):
    api.world.meddler = (("spec", "extendedResourceName"), "other.com/gpu")
    with pytest.raises(WorldRefused) as caught:
        life.apply(GPU)
    assert str(caught.value) == (
        'DeviceClass gpu.nvidia.com: read back: spec.extendedResourceName: found "other.com/gpu", '
        'expected "nvidia.com/gpu"; somebody changes it back: who owns it?'
    )


def test_drift_is_named_field_by_field(api, life):
    life.apply(SPACE)
    life.apply(CONFIG)
    api.world.edit("ConfigMap", "c", ("data", "x"), "9", "a")
    api.world.edit("ConfigMap", "c", ("data", "y"), None, "a")
    found = life.read(CONFIG)
    assert found.inputs["drift"] == [
        'data.x: found "9", expected "1"',
        'data.y: found nothing, expected "2"',
    ]
    assert found.inputs["object"] == CONFIG
    assert life.handler.diff(found.inputs, life.inputs(CONFIG)).changes["drift"].new is None


def test_a_field_that_is_no_longer_declared_is_pruned_and_others_are_not(api, life):
    life.apply(SPACE)
    old = life.apply(CONFIG)
    api.world.edit("ConfigMap", "c", ("data", "z"), "3", "a")
    life.apply({**CONFIG, "data": {"x": "1"}}, old)
    assert api.world.get("ConfigMap", "c", "a")["data"] == {"x": "1", "z": "3"}


def test_another_managers_field_is_refused_by_name_and_taken_by_force(api, life):
    api.world.put(spec(extendedResourceName="other.com/gpu"), "helm")
    with pytest.raises(WorldRefused) as caught:
        life.apply(GPU)
    assert str(caught.value) == (
        'DeviceClass gpu.nvidia.com: apply: conflict: manager "helm" holds .spec.extendedResourceName; '
        "leave the field to that manager, or set force: true on this manifest to take it over"
    )
    assert api.world.get("DeviceClass", "gpu.nvidia.com")["spec"]["extendedResourceName"] == "other.com/gpu"
    life.apply(GPU, force=True)
    assert api.world.get("DeviceClass", "gpu.nvidia.com")["spec"] == GPU["spec"]


def test_what_another_declares_too_is_kept_on_delete(api, life):
    api.world.put(GPU, "helm")
    life.apply(GPU)
    life.delete(GPU)
    assert life.told[-1] == "kept, our fields withdrawn: helm declares it too"
    entries = api.world.get("DeviceClass", "gpu.nvidia.com")["metadata"]["managedFields"]
    assert [entry["manager"] for entry in entries] == ["helm"]


def test_of_a_shared_object_only_our_fields_come_and_go(api, life):
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {"unit": "su01"}}}
    with pytest.raises(WorldRefused, match="Node n1: apply: is not there; it is somebody else's to make"):
        life.apply(node, shared=True)
    api.world.put(
        {**node, "metadata": {"name": "n1", "labels": {"arch": "amd64"}}, "spec": {"a": 1}}, "kubelet"
    )
    life.apply(node, shared=True)
    assert api.world.get("Node", "n1")["metadata"]["labels"] == {"arch": "amd64", "unit": "su01"}
    life.delete(node, shared=True)
    assert api.world.get("Node", "n1")["metadata"]["labels"] == {"arch": "amd64"}


def test_a_changed_manager_leaves_nothing_behind(api, life):
    life.apply(SPACE)
    old = life.apply(CONFIG, manager="former")
    life.apply({**CONFIG, "data": {"x": "1"}}, old, manager="latter")
    assert api.world.get("ConfigMap", "c", "a")["data"] == {"x": "1"}


def test_a_crd_is_waited_for_until_its_kind_is_served(api, life):
    api.world.lag = 2
    life.apply(CRD)
    assert api.world.lag == 0
    api.world.lag = 1  # another server of the same control plane may be behind
    life.apply(WIDGET)
    assert api.world.get("Widget", "w")["spec"] == {"size": 3}


def test_a_kind_that_is_not_served_is_refused_or_said(api, life, monkeypatch):
    monkeypatch.setattr("rackwright.resources.manifest.NEW_KIND_SECONDS", 0.0)
    with pytest.raises(WorldRefused) as caught:
        life.apply(WIDGET)
    assert "example.org/v1 Widget is not served: no API group example.org; declare its CRD" in str(
        caught.value
    )
    made = life.apply(WIDGET, optional=True)
    assert made.outputs == {"uid": "", "applied": False}
    assert life.told == ["not applied: example.org/v1 Widget is not served: no API group example.org"]
    assert life.read(WIDGET, optional=True) == made
    life.delete(WIDGET, optional=True)
    life.apply(CRD)
    assert life.read(WIDGET, optional=True) is None  # so that the next up makes it
    newer = {**WIDGET, "apiVersion": "example.org/v2"}
    life.apply(newer, optional=True)
    assert life.told[-1] == "not applied: example.org/v2 Widget is not served; v1 of example.org has it"


def test_a_crd_with_objects_of_others_is_not_deleted(api, life):
    life.apply(CRD)
    for number in range(7):
        api.world.put({**WIDGET, "metadata": {"name": f"w{number}"}})
    with pytest.raises(WorldRefused, match=r"7 objects of its kind are left: w0, w1, w2, w3, w4 and 2 more"):
        life.delete(CRD)
    api.world.objects = {key: held for key, held in api.world.objects.items() if key[0] != "Widget"}
    life.delete(CRD)
    assert api.world.objects == {}


def test_what_the_server_drops_is_an_error(api, life):
    api.world.drops["DeviceClass"] = ("spec", "extendedResourceName")
    with pytest.raises(
        WorldRefused, match=r"the server dropped spec\.extendedResourceName; is a feature gate"
    ):
        life.apply(GPU)


def test_conditions_are_waited_for_and_are_drift_when_they_fall(api, life):
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    false = {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "no CNI"}
    api.world.conditions["Node"] = [false]
    with pytest.raises(WorldRefused) as caught:
        life.apply(node, wait=["Ready"], timeout=0.1)
    assert str(caught.value) == (
        "Node n1: wait 0.1 s: condition Ready: found False (KubeletNotReady: no CNI), expected True; "
        "it is applied; run up again to go on waiting"
    )
    life.apply(node, wait=["Ready=False"])
    found = life.read(node, wait=["Ready"])
    assert found.inputs["drift"] == ["condition Ready: found False (KubeletNotReady: no CNI), expected True"]


def test_a_deletion_that_is_held_up_names_who_holds_it(api, life):
    life.apply(SPACE)
    life.apply(CONFIG)
    held = api.world.get("ConfigMap", "c", "a")["metadata"]
    held["finalizers"] = ["example.org/keep"]
    with pytest.raises(WorldRefused, match=r"is still there; finalizers: example.org/keep"):
        life.delete(CONFIG, timeout=0.1)
    assert life.read(CONFIG).inputs["drift"] == ["is being deleted since 2026-11-26T12:00:00Z"]
    del held["finalizers"]
    life.apply(CONFIG)  # waits for the end of the old one, and makes it anew
    assert api.world.get("ConfigMap", "c", "a")["metadata"]["uid"] != held["uid"]


def test_a_secrets_values_go_to_the_server_and_nowhere_else(api, life, tmp_path):
    canary, another = "canary-4711", "canary-0815"
    (tmp_path / "password").write_text(canary)
    values = {"password": "file:password"}
    life.apply(SPACE)
    made = life.apply(SECRET, values=values)
    assert api.world.get("Secret", "s", "a")["data"] == {"password": "Y2FuYXJ5LTQ3MTE="}
    (tmp_path / "password").write_text(another)
    found = life.read(SECRET, values=values)
    assert len(found.inputs["drift"]) == 1
    assert found.inputs["drift"][0].startswith("data.password: found digest ")
    kept = json.dumps([made.inputs, made.outputs, found.inputs, found.outputs, life.told])
    assert all(text not in kept for text in (canary, another, "Y2FuYXJ5"))
    life.apply(SECRET, values=values)
    assert "drift" not in life.read(SECRET, values=values).inputs


def test_a_namespace_that_is_missing_is_named(api, life):
    with pytest.raises(
        WorldRefused, match=r'namespaces "a" not found .*; declare namespace a and name it in'
    ):
        life.apply(CONFIG)
    without = {**CONFIG, "metadata": {"name": "c"}}
    with pytest.raises(WorldRefused, match=r"has no metadata.namespace; objects of kind ConfigMap live in a"):
        life.apply(without)


def test_no_form_of_a_secrets_value_is_compared_or_shown(life):
    annotation = {"kubectl.kubernetes.io/last-applied-configuration": "canary", "other": "x"}
    meta = {**SECRET["metadata"], "annotations": annotation}
    found = {**SECRET, "metadata": meta, "data": {"a": "canary"}, "stringData": {"b": "canary"}}
    shown = values.masked(life.inputs(SECRET), found)
    assert "canary" not in json.dumps(shown)
    assert shown["metadata"]["annotations"] == {"other": "x"}


def test_another_object_is_a_replacement_and_a_newer_version_is_not(ways_in):
    handler = ManifestHandler()

    def diff(new) -> Diff:
        return handler.diff({**ways_in, "object": GPU}, {**ways_in, "object": new})

    assert diff(GPU).changes == {}
    assert not diff(spec(extendedResourceName="x")).replace
    assert not diff({**GPU, "apiVersion": "resource.k8s.io/v2"}).replace
    assert diff({**GPU, "metadata": {"name": "other"}}).replace
    elsewhere = {**ways_in, "access": {"kubeconfig": "state:kubeconfig"}, "object": GPU}
    assert handler.diff({**ways_in, "object": GPU}, elsewhere).changes == {}
