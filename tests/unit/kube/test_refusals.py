"""Faults, mistakes and ways in that do not fit: what is sat out, and what is told with what to do."""

from __future__ import annotations

import json

import pytest

from rackwright.errors import UsageError, WorldRefused
from rackwright.resources.manifest import ManifestHandler

from .objects import CONFIG, GPU, SECRET


@pytest.mark.parametrize(
    ("fault", "method"),
    [
        ("409", "PATCH"),
        ("429", ""),
        ("500", ""),
        ("503", "GET"),
        ("cut", ""),
        ("cut", "PATCH"),
        ("cut", "DELETE"),
    ],
)
def test_a_passing_fault_is_sat_out(api, life, fault, method):
    api.fault(fault, 1, method)
    life.apply(GPU)
    assert "drift" not in life.read(GPU).inputs
    life.delete(GPU)
    assert api.world.objects == {}
    assert api._faults == []


def test_an_answer_that_is_too_slow_is_asked_for_again(api, life, monkeypatch):
    monkeypatch.setattr("rackwright.kube.api.CALL_SECONDS", 0.3)
    api.slow_seconds = 1.0
    api.fault("slow", 2)
    life.apply(GPU)
    assert api.world.get("DeviceClass", "gpu.nvidia.com")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            "500",
            r"DeviceClass gpu.nvidia.com: apply: the fault is switched on \(500 Fault\); look at the log",
        ),
        ("429", r"\(429 Fault\); the API server is overloaded"),
        ("403", r"\(403 Fault\); the kubeconfig's user needs get, patch, create and delete"),
        ("cut", r"http://127.0.0.1:\d+: GET /apis/resource.k8s.io/v1: .*; is the control plane up"),
    ],
)
def test_a_fault_that_stays_is_told_with_what_to_do(api, life, monkeypatch, fault, text):
    monkeypatch.setattr("rackwright.kube.api.PATIENCE_SECONDS", 0.6)
    api.fault(fault, 50)
    with pytest.raises(WorldRefused, match=text):
        life.apply(GPU)


def test_a_server_that_is_silent_costs_its_patience_once(api, life, monkeypatch):
    monkeypatch.setattr("rackwright.kube.api.PATIENCE_SECONDS", 4)
    monkeypatch.setattr("rackwright.kube.api.SHORT_SECONDS", 0.1)
    api.fault("cut", 50)
    for most, least in ((50, 3), (2, 1)):  # the client itself asks once more
        before = len(api.log)
        with pytest.raises(WorldRefused, match="is the control plane up"):
            life.apply(GPU)
        assert least <= len(api.log) - before <= most
    api._faults.clear()
    life.apply(GPU)


def test_retry_after_is_heeded(api, life):
    api.fault("429")
    life.apply(GPU)
    assert api.log[:2] == ["GET /apis/resource.k8s.io/v1"] * 2
    assert api.times[1] - api.times[0] > 0.9  # what the server asked for; our own pause is shorter


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"object": {**SECRET, "data": {"a": "canary"}}}, "data of a Secret must not be in the program"),
        ({"object": {**SECRET, "stringData": {"a": "canary"}}}, "stringData of a Secret must not be"),
        ({"object": SECRET, "values": {"a": "canary"}}, "a: write env:NAME, file:PATH or state:NAME"),
        ({"object": CONFIG, "values": {"a": "env:X"}}, "only a Secret"),
        ({"object": {**CONFIG, "status": {}}}, "status is a controller's"),
        ({"object": {**CONFIG, "metadata": {"generateName": "x"}}}, "metadata.name is missing"),
        (
            {"object": {"apiVersion": "v1", "kind": "List", "metadata": {"name": "x"}, "items": []}},
            "is a list",
        ),
        ({"object": CONFIG, "wait": ["is ready?"]}, "expected a condition such as Ready"),
        ({"object": CONFIG, "shared": True, "optional": True}, "a shared object must be there"),
        ({"object": "text"}, "is not a manifest"),
        ({}, "is missing"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked_and_without_values(ways_in, inputs, text):
    found = str(ManifestHandler().check({**ways_in, **inputs}))
    assert text in found
    assert "canary" not in found


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("password: canary", r"file:kubeconfig: not a kubeconfig \(clusters\); its content is not shown"),
        ("clusters: [canary", r"not a kubeconfig \(ParserError\)"),
        (None, r"file:kubeconfig: .* does not exist"),
    ],
)
def test_a_kubeconfig_that_is_none_is_named_and_not_shown(life, tmp_path, content, text):
    (tmp_path / "kubeconfig").unlink()
    if content:
        (tmp_path / "kubeconfig").write_text(content)
    with pytest.raises(UsageError, match=text) as caught:
        life.apply(GPU)
    assert "canary" not in str(caught.value)


def test_a_kubeconfig_is_never_made_up(life, state):
    life.ways_in["access"]["kubeconfig"] = "state:kubeconfig"
    with pytest.raises(UsageError, match="does not exist; role kubernetes leaves it there"):
        life.apply(GPU)
    assert not (state / "secrets" / "kubeconfig").exists()
    del life.ways_in["access"]["kubeconfig"]
    with pytest.raises(UsageError, match=r"no kubeconfig: write access.kubeconfig in the cluster file"):
        life.apply(GPU)


def test_nothing_of_the_kubeconfig_is_kept(api, life, tmp_path):
    made = life.apply(GPU)
    assert "canary-token" not in json.dumps([made.inputs, made.outputs, life.told])
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert [path for path in files if "canary" in path.read_text()] == []
