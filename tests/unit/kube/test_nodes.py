"""Nodes: joined, Ready, labelled; who holds a label against us, and who is not there."""

from __future__ import annotations

import asyncio

import pytest

from rackwright.errors import WorldRefused
from rackwright.resources.nodes import NodesHandler

READY = {"type": "Ready", "status": "True"}
SICK = {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "no CNI"}
DECLARED = {"n1": {"rackwright.dev/unit": "su01"}, "n2": {"rackwright.dev/unit": "su02"}}
handler = NodesHandler()


@pytest.fixture
def told():
    return []


@pytest.fixture
def inputs(ways_in, monkeypatch):
    monkeypatch.setattr("rackwright.resources.nodes.LOOK_SECONDS", 0.05)
    return {**ways_in, "name": "su01", "nodes": DECLARED, "timeout": 5}


def join(api, name, condition=READY):
    api.world.conditions["Node"] = [condition]
    made = api.world.put(
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"arch": "x"}}}
    )
    return made["metadata"]["uid"]


def labels(api, name):
    return api.world.get("Node", name)["metadata"]["labels"]


def apply(inputs, told, old=None):
    return asyncio.run(handler.apply(inputs, old, told.append))


def read(inputs):
    return asyncio.run(handler.read("", inputs))


def test_a_life(api, inputs, told):
    join(api, "n1")
    join(api, "n2")
    made = apply(inputs, told)
    assert made.outputs == {"ready": 2, "version": "v1.37.2"}
    assert labels(api, "n2") == {"arch": "x", "rackwright.dev/unit": "su02"}
    writes = len(api.writes)
    apply(inputs, told)
    assert len(api.writes) == writes  # as declared already: nothing is sent
    assert read(inputs) == made
    apply({**inputs, "nodes": {"n1": {}}}, told, made)  # n2 is not ours any more, n1 has no label
    assert [labels(api, name) for name in ("n1", "n2")] == [{"arch": "x"}] * 2
    asyncio.run(handler.delete("", inputs, told.append))
    assert api.world.get("Node", "n1") is not None


@pytest.mark.parametrize("timeout", [0.2, 1e-6])
def test_who_has_not_joined_or_is_not_ready_is_named(api, inputs, told, timeout):
    join(api, "n1", SICK)
    with pytest.raises(WorldRefused) as caught:
        apply({**inputs, "timeout": timeout}, told)
    assert str(caught.value) == (
        f"su01: wait {timeout:g} s: "
        "n1: condition Ready: found False (KubeletNotReady: no CNI), expected True; "
        "n2: has not joined; the rest is labelled; look at the kubelet's journal there, then run up again"
    )
    assert labels(api, "n1") == {"arch": "x", "rackwright.dev/unit": "su01"}
    assert told[0].startswith("0 of 2 ready; n1: condition Ready")


@pytest.mark.parametrize("timeout", [0.2, 1e-6])
def test_a_node_that_leaves_while_it_is_labelled_is_not_made_anew(api, inputs, told, timeout):
    join(api, "n1")
    join(api, "n2")
    api.world.leaving = "n1"
    with pytest.raises(WorldRefused, match="n1: has not joined"):
        apply({**inputs, "timeout": timeout}, told)
    assert api.world.get("Node", "n1") is None
    assert labels(api, "n2")["rackwright.dev/unit"] == "su02"


def test_drift_is_a_line_for_each_node(api, inputs, told):
    join(api, "n1")
    join(api, "n2")
    apply(inputs, told)
    api.world.edit("Node", "n1", ("metadata", "labels", "rackwright.dev/unit"), "su09")
    api.world.get("Node", "n1")["status"] = {"conditions": [SICK]}
    del api.world.objects[("Node", None, "n2")]
    found = read(inputs)
    assert found.inputs["drift"] == [
        "n1: condition Ready: found False (KubeletNotReady: no CNI), expected True",
        'n1: labels.rackwright.dev/unit: found "su09", expected "su01"',
        "n2: has not joined",
    ]
    assert found.outputs["ready"] == 0


def test_a_label_of_anothers_is_refused_by_name_and_taken_by_force(api, inputs, told):
    join(api, "n1")
    join(api, "n2")
    api.world.edit("Node", "n1", ("metadata", "labels", "rackwright.dev/unit"), "su09")
    with pytest.raises(WorldRefused, match='Node n1: label: conflict: manager "kubectl-edit" holds'):
        apply(inputs, told)
    apply({**inputs, "force": True}, told)
    assert labels(api, "n1")["rackwright.dev/unit"] == "su01"


@pytest.mark.parametrize("fault", ["409", "429", "500", "cut"])
def test_a_passing_fault_is_sat_out(api, inputs, told, fault):
    join(api, "n1")
    join(api, "n2")
    api.fault(fault, 2, "PATCH" if fault == "409" else "")
    apply(inputs, told)
    assert "drift" not in read(inputs).inputs


def test_without_a_network_of_pods_joined_is_enough(api, inputs, told):
    join(api, "n1", SICK)
    join(api, "n2", SICK)
    made = apply({**inputs, "network": False}, told)
    assert made.outputs["ready"] == 0
    assert "drift" not in made.inputs
    assert labels(api, "n2")["rackwright.dev/unit"] == "su02"
    with pytest.raises(WorldRefused, match="n3: has not joined"):
        apply({**inputs, "network": False, "timeout": 0.1, "nodes": {"n3": {}}}, told)
